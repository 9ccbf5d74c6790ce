// urql with graphcache: pages, one normalised object in two places, and a subscription that resumes.
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { createClient } from "graphql-ws";
import { ACCEPT, Device, LIST, Ledger, OPENED, cursor, holds, newId, open, same, socketUrl, tell, url } from "./lib.mjs";
import { introspected } from "./introspected.mjs";

tell(async () => {
  const device = await new Device("网格员01").signIn();
  const ledger = new Ledger();
  const socket = createClient({
    url: socketUrl,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: async () => {},
    connectionParams: async () => ({ authorization: await device.authorization() }),
    on: { closed: (event) => { ledger.ends += event.code === 4403; } },
  });
  const client = new Client({
    url: `${url}/graphql`,
    preferGetMethod: false,
    fetch: device.fetch,
    exchanges: [
      cacheExchange({ schema: await introspected(device), resolvers: { Query: { appeals: relayPagination() } } }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => {
            const payload = { query, variables: { ...variables } };
            const next = (result) => {
              payload.variables.after = result.data.appealOpened.cursor;
              sink.next(result);
            };
            return { unsubscribe: socket.subscribe(payload, { ...sink, next }) };
          },
        }),
      }),
    ],
  });
  const asked = async (query, variables) => {
    const { data, error } = await client.query(query, variables).toPromise();
    if (error) throw error;
    return data;
  };

  await open(device);
  let { appeals } = await asked(LIST, { first: 5 });
  for (const pages of [2, 3]) {
    holds(appeals.pageInfo.hasNextPage, "there is a next page");
    ({ appeals } = await asked(LIST, { first: 5, after: appeals.pageInfo.endCursor }));
    same(new Set(appeals.edges.map((edge) => edge.node.id)).size, 5 * pages, "appeals of all pages");
  }
  const fresh = await open(device);
  const { data: accepted } = await client.mutation(ACCEPT, { input: { appeal: fresh, act: newId("act") } }).toPromise();
  same(accepted.acceptAppeal.errors, [], "acceptAppeal");

  const one = "query One($id: ID!) { appeal(id: $id) { id status } }";
  same((await asked(one, { id: fresh })).appeal.status, "ACCEPTED", "the status before");
  const input = { appeal: fresh, reason: "不在本社区", turnTo: "物业公司", act: newId("act") };
  const reject = `mutation Reject($input: RejectAppealInput!) {
    rejectAppeal(input: $input) { appeal { id status } errors { code message } } }`;
  const rejected = await client.mutation(reject, { input }).toPromise();
  if (rejected.error) throw rejected.error;
  same(rejected.data.rejectAppeal.errors, [], "rejectAppeal");
  const cached = await client.query(one, { id: fresh }, { requestPolicy: "cache-only" }).toPromise();
  same(cached.data.appeal.status, "REJECTED", "the status in the cache, which nobody fetched again");

  client.subscription(OPENED, { after: await cursor(device) }).subscribe(({ data, error }) => {
    if (error) throw error;
    ledger.note(data.appealOpened.appeal.id);
  });
  return ledger.run(device);
});
