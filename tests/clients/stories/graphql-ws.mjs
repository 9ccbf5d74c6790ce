// graphql-ws: its subscription goes on over sockets that end with their tokens, by the helper of docs/api-live.md.
import { createClient } from "graphql-ws";
import { Device, Ledger, OPENED, cursor, socketUrl, tell } from "./lib.mjs";

tell(async () => {
  const device = await new Device("网格员01").signIn();
  const ledger = new Ledger();
  const client = createClient({
    url: socketUrl,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: async () => {},
    connectionParams: async () => ({ authorization: await device.authorization() }),
    on: { closed: (event) => { ledger.ends += event.code === 4403; } },
  });
  const payload = { query: OPENED, variables: { after: await cursor(device) } };
  client.subscribe(payload, {
    next: ({ data: { appealOpened } }) => {
      payload.variables.after = appealOpened.cursor;
      ledger.note(appealOpened.appeal.id);
    },
    error: (error) => { throw error; },
    complete: () => {},
  });
  return ledger.run(device);
});
