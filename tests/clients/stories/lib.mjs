// What all stories share: signing in, opening appeals, and counting the events that came.
export const url = process.env.TUNPING_URL;
export const socketUrl = url.replace("http", "ws") + "/graphql";
export const EVENTS = 26;
export const ENDS = 20;
const AGAIN = [401, 503]; // The token ended on the way, or the server has too much to do.
const PATIENCE = 60_000; // Milliseconds for which a request is repeated, as on a machine that is too busy.
const MARGIN = 1500; // Milliseconds before the end of a token after which it is not sent any more.

export const LIST = `query List($first: Int!, $after: String) {
  appeals(first: $first, after: $after) {
    edges { cursor node { id status } }
    pageInfo { hasNextPage endCursor }
  }
}`;
export const OPENED = `subscription Opened($after: Cursor) {
  appealOpened(after: $after) { cursor appeal { id status } }
}`;
export const NOTE = `mutation Note($input: AddToAppealInput!) {
  addToAppeal(input: $input) { appeal { id status } errors { code message } }
}`;
export const ACCEPT = `mutation Accept($input: AcceptAppealInput!) {
  acceptAppeal(input: $input) { appeal { id status } errors { code message } }
}`;

/** Fetches again what may be repeated, as every request here may: mutations have their ids. */
async function repeated(ask) {
  const latest = Date.now() + PATIENCE;
  for (let wait = 250; ; wait = Math.min(2 * wait, 4000)) {
    const answer = await ask();
    if (!AGAIN.includes(answer.status) || Date.now() > latest) return answer;
    await new Promise((wake) => setTimeout(wake, wait));
  }
}

/** A device that is signed in. Its access tokens end after a few seconds. */
export class Device {
  constructor(username, margin = MARGIN) {
    this.username = username;
    this.margin = margin;
  }

  async grant(form) {
    const body = new URLSearchParams(form);
    const answer = await repeated(() => fetch(`${url}/auth/token`, { method: "POST", body }));
    if (!answer.ok) throw new Error(`/auth/token: ${answer.status} ${await answer.text()}`);
    this.tokens = await answer.json();
    const claims = JSON.parse(Buffer.from(this.tokens.access_token.split(".")[1], "base64url"));
    this.until = claims.exp * 1000 - this.margin;
  }

  async signIn() {
    await this.grant({ grant_type: "password", username: this.username, password: process.env.TUNPING_PASSWORD });
    return this;
  }

  /** An access token that holds at this moment. One renewal serves all who ask meanwhile. */
  async token() {
    if (Date.now() >= this.until) {
      this.renewing ??= this.grant({ grant_type: "refresh_token", refresh_token: this.tokens.refresh_token })
        .finally(() => { this.renewing = undefined; });
      await this.renewing;
    }
    return this.tokens.access_token;
  }

  async authorization() { return `Bearer ${await this.token()}`; }

  /** `fetch` with a token that holds. */
  fetch = (to, options) => repeated(async () => fetch(to, {
    ...options,
    headers: { ...options.headers, authorization: await this.authorization() },
  }));

  async ask(query, variables = {}) {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ query, variables });
    const answer = await this.fetch(`${url}/graphql`, { method: "POST", headers, body });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }
}

export const newId = (prefix) => `${prefix}_${crypto.randomUUID()}`;
export const cursor = async (device) => (await device.ask("{ liveCursor }")).liveCursor;

export function same(found, wanted, what) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a} in place of ${b}`);
}

export function holds(condition, what) { if (!condition) throw new Error(what); }

/** Opens one appeal. Returns its id. */
export async function open(device) {
  device.home ??= (await device.ask("{ households(first: 1) { nodes { id } } }")).households.nodes[0].id;
  const id = newId("appeal");
  const input = { id, household: device.home, body: "楼道灯不亮" };
  const query = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { errors { code message } } }";
  same((await device.ask(query, { input })).openAppeal.errors, [], "openAppeal");
  return id;
}

/** The appeals that a story opened, and those whose events came. Waits until tokens ended often enough. */
export class Ledger {
  opened = [];
  came = [];
  ends = 0;

  /** Notes an event of an appeal. Other stories open appeals as well. */
  note(id) { this.came.push(id); }

  /** Opens appeals while tokens end, and compares at the end: nothing is missed, repeated, or out of order. */
  async run(device) {
    const latest = Date.now() + 240_000;
    while (this.ends < ENDS || this.opened.length < EVENTS) {
      holds(Date.now() < latest, `${this.ends} tokens ended, ${this.opened.length} appeals were opened`);
      if (this.opened.length < EVENTS) this.opened.push(await open(device));
      await new Promise((wake) => setTimeout(wake, 1500));
    }
    const own = () => this.came.filter((id) => this.opened.includes(id));
    while (own().length < EVENTS && Date.now() < latest) await new Promise((wake) => setTimeout(wake, 50));
    same(own(), this.opened, "events");
    same(new Set(this.came).size, this.came.length, "events of different appeals");
    return `${this.came.length} events over ${this.ends} ends of tokens`;
  }
}

/** Ends the process with the story's last word. */
export async function tell(story) {
  try {
    console.log(await story());
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}
