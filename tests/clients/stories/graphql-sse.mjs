// graphql-sse: a stream completes when its token ends; the next one begins after the last cursor.
import { createClient } from "graphql-sse";
import { Device, Ledger, OPENED, cursor, tell, url } from "./lib.mjs";

tell(async () => {
  const device = await new Device("网格员01").signIn();
  const ledger = new Ledger();
  const client = createClient({
    url: `${url}/graphql`,
    headers: async () => ({ authorization: await device.authorization() }),
  });
  let after = await cursor(device);
  const listen = async () => {
    for (;;) {
      for await (const { data, errors } of client.iterate({ query: OPENED, variables: { after } })) {
        if (errors) throw new Error(JSON.stringify(errors));
        after = data.appealOpened.cursor;
        ledger.note(data.appealOpened.appeal.id);
      }
      ledger.ends += 1;
    }
  };
  return Promise.race([listen(), ledger.run(device)]);
});
