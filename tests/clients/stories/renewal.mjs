// graphql-ws with the renewal of docs/api-live.md: one socket outlives twenty tokens.
import { createClient } from "graphql-ws";
import { Device, ENDS, Ledger, OPENED, cursor, same, socketUrl, tell } from "./lib.mjs";

const MARGIN = 13_000; // Milliseconds before the end of a token. A busy machine needs some of them for a renewal.

tell(async () => {
  const device = await new Device("网格员01", MARGIN).signIn();
  const ledger = new Ledger();
  let socket;
  const closes = [];
  const client = createClient({
    url: socketUrl,
    connectionParams: async () => ({ authorization: await device.authorization() }),
    on: {
      connected: (opened) => { socket = opened; },
      closed: (event) => closes.push(`${event.code} ${event.reason}, ${device.until + device.margin - Date.now()} ms left`),
    },
  });
  let known = device.tokens.access_token;
  const renew = setInterval(async () => {
    const authorization = await device.authorization();
    if (device.tokens.access_token === known || socket?.readyState !== 1) return;
    known = device.tokens.access_token;
    ledger.ends += 1;
    socket.send(JSON.stringify({ type: "ping", payload: { authorization } }));
  }, 100);
  const payload = { query: OPENED, variables: { after: await cursor(device) } };
  client.subscribe(payload, {
    next: ({ data: { appealOpened } }) => {
      payload.variables.after = appealOpened.cursor;
      ledger.note(appealOpened.appeal.id);
    },
    error: (error) => { throw error; },
    complete: () => {},
  });
  const told = await ledger.run(device);
  clearInterval(renew);
  same(closes, [], "sockets that closed");
  return `${told}, ${ENDS} at least on one socket`;
});
