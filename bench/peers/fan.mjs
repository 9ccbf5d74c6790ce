// graphql-ws on Node: delivers the same events to subscribers by grid. POST /publish?grid=N&id=ID sends one. Environment: PORT.
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const schema = buildSchema(`
  type Building { name: String! }
  type Household { unit: Int! room: String! building: Building! }
  type Appeal { id: ID! category: String! status: String! body: String! household: Household! }
  type Event { cursor: String! appeal: Appeal! }
  type Query { x: Int }
  type Subscription { appealOpened(grid: ID): Event! }
`);
const subscribers = new Set();
schema.getSubscriptionType().getFields().appealOpened.subscribe = async function* (_root, { grid }) {
  const waiting = [];
  let wake;
  const me = { grid, push: (event) => (waiting.push(event), wake?.()) };
  subscribers.add(me);
  try {
    while (true) {
      while (waiting.length) yield { appealOpened: waiting.shift() };
      await new Promise((resolve) => (wake = resolve));
    }
  } finally {
    subscribers.delete(me);
  }
};
const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url, "http://here");
  const household = { unit: 2, room: "101", building: { name: "3号楼" } };
  const appeal = { id: searchParams.get("id"), category: "HEATING", status: "SUBMITTED", body: "暖气不热，希望尽快处理", household };
  const event = { cursor: "1234567.1234567", appeal };
  for (const each of subscribers) if (!each.grid || each.grid === searchParams.get("grid")) each.push(event);
  response.end("ok");
});
useServer({ schema }, new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false }));
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("up"));
