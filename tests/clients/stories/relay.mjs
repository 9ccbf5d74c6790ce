// Relay: documents compiled against the SDL, a connection of several pages, one record by its id, and a subscription.
import relay from "relay-runtime";
import { createClient } from "graphql-ws";
import accept from "./relay/__generated__/documentsAcceptMutation.graphql.js";
import list from "./relay/__generated__/documentsListQuery.graphql.js";
import one from "./relay/__generated__/documentsOneQuery.graphql.js";
import opened from "./relay/__generated__/documentsOpenedSubscription.graphql.js";
import { Device, Ledger, cursor, holds, newId, open, same, socketUrl, tell, url } from "./lib.mjs";

const { ConnectionHandler, Environment, Network, Observable, RecordSource, Store } = relay;

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
  const ask = async ({ text }, variables) => ({ data: await device.ask(text, variables) });
  const listen = ({ text }, variables) => Observable.create((sink) => {
    const payload = { query: text, variables: { ...variables } };
    const next = (result) => {
      payload.variables.after = result.data.appealOpened.cursor;
      sink.next(result);
    };
    return socket.subscribe(payload, { next, error: sink.error, complete: sink.complete });
  });
  const environment = new Environment({ network: Network.create(ask, listen), store: new Store(new RecordSource()) });
  const fetched = (query, variables) => relay.fetchQuery(environment, query, variables).toPromise();

  await open(device);
  let after = null;
  for (const pages of [1, 2, 3]) {
    environment.retain(relay.createOperationDescriptor(list, { first: 5, after }));
    await fetched(list, { first: 5, after });
    const connection = ConnectionHandler.getConnectionID("client:root", "Appeals_appeals");
    const record = environment.getStore().getSource().get(connection);
    same(record.edges.__refs.length, 5 * pages, "appeals of all pages");
    const info = environment.getStore().getSource().get(record.pageInfo.__ref);
    holds(info.hasNextPage, "there is a next page");
    after = info.endCursor;
  }
  const fresh = await open(device);
  const operation = relay.createOperationDescriptor(one, { id: fresh });
  environment.retain(operation);
  same((await fetched(one, { id: fresh })).node.status, "SUBMITTED", "the status before");
  await new Promise((done, failed) => relay.commitMutation(environment, {
    mutation: accept,
    variables: { input: { appeal: fresh, act: newId("act") } },
    onCompleted: ({ acceptAppeal }) => (acceptAppeal.errors.length ? failed(acceptAppeal.errors) : done()),
    onError: failed,
  }));
  same(environment.lookup(operation.fragment).data.node.status, "ACCEPTED", "the record, which nobody fetched again");

  relay.requestSubscription(environment, {
    subscription: opened,
    variables: { after: await cursor(device) },
    onNext: ({ appealOpened }) => ledger.note(appealOpened.appeal.id),
    onError: (error) => { throw error; },
  });
  return ledger.run(device);
});
