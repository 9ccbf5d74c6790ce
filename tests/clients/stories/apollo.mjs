// Apollo Client 4: pages, one normalised object, and a subscription that resumes, over a socket and as multipart.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { createClient } from "graphql-ws";
import { Observable } from "rxjs";
import { ACCEPT, Device, LIST, Ledger, OPENED, cursor, holds, newId, open, same, socketUrl, tell, url } from "./lib.mjs";

/** Lets the link below begin anew after the last cursor: it sends the variables of the operation each time. */
const resuming = new ApolloLink((operation, forward) => new Observable((observer) => forward(operation).subscribe({
  next: (result) => {
    operation.variables.after = result.data.appealOpened.cursor;
    observer.next(result);
  },
  error: (error) => observer.error(error),
  complete: () => observer.complete(),
})));

tell(async () => {
  const device = await new Device("网格员01").signIn();
  const ledger = new Ledger();
  const parts = new Ledger();
  const socket = createClient({
    url: socketUrl,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: async () => {},
    connectionParams: async () => ({ authorization: await device.authorization() }),
    on: { closed: (event) => { ledger.ends += event.code === 4403; } },
  });
  const http = new HttpLink({ uri: `${url}/graphql`, fetch: device.fetch });
  const live = resuming.concat(new GraphQLWsLink(socket));
  const client = new ApolloClient({
    link: ApolloLink.split(
      ({ operationType, getContext }) => operationType === "subscription" && !getContext().multipart, live, http,
    ),
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { appeals: relayStylePagination() } } } }),
  });

  await open(device);
  const first = { query: gql(LIST), variables: { first: 5 } };
  const list = client.watchQuery(first);
  const shown = list.subscribe(() => {});
  let { data } = await client.query(first);
  for (const pages of [2, 3]) {
    holds(data.appeals.pageInfo.hasNextPage, "there is a next page");
    await list.fetchMore({ variables: { after: data.appeals.pageInfo.endCursor } });
    data = client.readQuery(first);
    same(new Set(data.appeals.edges.map((edge) => edge.node.id)).size, 5 * pages, "appeals of all pages");
  }
  const one = gql("query One($id: ID!) { appeal(id: $id) { id status } }");
  const fresh = await open(device);
  same((await client.query({ query: one, variables: { id: fresh } })).data.appeal.status, "SUBMITTED", "the status before");
  const accepting = { mutation: gql(ACCEPT), variables: { input: { appeal: fresh, act: newId("act") } } };
  same((await client.mutate(accepting)).data.acceptAppeal.errors, [], "acceptAppeal");
  const cached = client.readQuery({ query: one, variables: { id: fresh } });
  same(cached.appeal.status, "ACCEPTED", "the status in the cache, which nobody fetched again");
  shown.unsubscribe();

  const after = await cursor(device);
  client.subscribe({ query: gql(OPENED), variables: { after } }).subscribe(({ data: told, error }) => {
    if (error) throw error;
    ledger.note(told.appealOpened.appeal.id);
  });
  // Apollo's multipart ends with its token. The app subscribes again after the last cursor.
  let last = after;
  const again = () => client.subscribe({
    query: gql(OPENED), variables: { after: last }, context: { multipart: true, queryDeduplication: false },
  }).subscribe({
    next: ({ data: told, error }) => {
      if (error) {
        parts.ends += error.errors?.[0]?.extensions?.code === "TOKEN_EXPIRED";
        return;
      }
      last = told.appealOpened.cursor;
      parts.note(told.appealOpened.appeal.id);
    },
    complete: again,
  });
  again();
  const told = await ledger.run(device);
  while (parts.ends < 20) await new Promise((wake) => setTimeout(wake, 100));
  same(parts.came.filter((id) => ledger.opened.includes(id)), ledger.opened, "events as multipart");
  same(new Set(parts.came).size, parts.came.length, "events as multipart of different appeals");
  return `${told}, and ${parts.came.length} as multipart over ${parts.ends}`;
});
