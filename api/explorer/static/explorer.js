// Signs in, keeps the tokens in memory only, and gives GraphiQL a way to ask.
"use strict";

const EARLY = 30_000; // Milliseconds before the end of an access token at which it is renewed.
const QUERY = "# 先登录，再按运行键。 / Sign in, then run.\nquery Me {\n  me {\n    name\n    role\n  }\n}\n";
let tokens = null;

const element = (id) => document.getElementById(id);
const tell = (text) => { element("told").textContent = text; };

async function grant(form) {
  const answer = await fetch("/auth/token", { method: "POST", body: new URLSearchParams(form) });
  const content = await answer.json();
  if (!answer.ok) throw content;
  tokens = { ...content, until: Date.now() + content.expires_in * 1000 };
}

async function authorization() {
  if (!tokens) return {};
  if (Date.now() > tokens.until - EARLY) {
    try {
      await grant({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
    } catch {
      tokens = null;
      tell("登录已失效，请重新登录 / The session has ended: sign in again");
      return {};
    }
  }
  return { authorization: `Bearer ${tokens.access_token}` };
}

// GraphiQL's own syntax tree lags behind the text, so that a document that was just pasted would be taken for the one before.
function subscribes(text, name) {
  const code = text.replace(/#.*/g, "");
  return name ? new RegExp(`\\bsubscription\\s+${name}\\b`).test(code) : /^\s*subscription\b/m.test(code);
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      text += piece.value;
      const parts = text.split("\n\n");
      text = parts.pop();
      for (const part of parts) {
        const data = part.match(/^event: next\ndata: (.*)$/m);
        if (data) yield JSON.parse(data[1]);
      }
    }
  } finally {
    reader.cancel();
  }
}

function fetcher() {
  return async (params, options) => {
    const live = subscribes(params.query, params.operationName);
    const answer = await fetch("/graphql", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: live ? "text/event-stream" : "application/graphql-response+json, application/json;q=0.9",
        ...(await authorization()),
        ...options?.headers,
      },
      body: JSON.stringify(params),
    });
    return live && answer.ok ? events(answer.body) : answer.json();
  };
}

// A new fetcher makes GraphiQL read the schema again, which may need an account.
const root = ReactDOM.createRoot(element("graphiql"));
const show = () => root.render(React.createElement(GraphiQL, { fetcher: fetcher(), defaultQuery: QUERY }));

element("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const username = element("username").value;
  const form = { grant_type: "password", username, password: element("password").value, device: "GraphiQL" };
  if (element("otp").value) form.otp = element("otp").value;
  try {
    await grant(form);
    tell(`已登录：${username} / Signed in as ${username}`);
    show();
  } catch (refused) {
    if (refused.error === "otp_required") element("otp").hidden = false;
    tell(`登录失败 / Not signed in: ${refused.error_description ?? refused}`);
  }
});

element("demo")?.addEventListener("change", ({ target }) => {
  if (!target.value) return;
  element("username").value = target.value;
  element("password").value = target.dataset.password;
  element("sign-in").requestSubmit();
});

show();
