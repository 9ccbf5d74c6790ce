// PostGraphile 5 over the same tables, for the viewer of the access token. Environment: PORT, DATABASE_URL, TUNPING_SECRET.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { PgAggregatesPreset } from "@graphile/pg-aggregates";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const { DATABASE_URL, PORT, TUNPING_SECRET } = process.env;
const connectionString = DATABASE_URL.replace(":@/", "@localhost/"); // node-postgres needs a host before the socket's directory.

function accountOf(header) {
  const [head, claims, signature] = (header ?? "").replace("Bearer ", "").split(".");
  const made = createHmac("sha256", TUNPING_SECRET).update(`${head}.${claims}`).digest();
  if (!timingSafeEqual(made, Buffer.from(signature, "base64url"))) throw new Error("not signed here");
  return JSON.parse(Buffer.from(claims, "base64url").toString()).sub;
}

// The plugin counts distinct values, and truncates to hours and days. These are its documented ways to add more.
const CountsByWeek = {
  name: "CountsByWeek",
  after: ["PgAggregatesSpecsPlugin"],
  schema: {
    hooks: {
      build(build) {
        const { sql, dataplanPg } = build;
        build.pgAggregateSpecs.push({
          id: "count",
          humanLabel: "count",
          HumanLabel: "Count",
          isSuitableType: () => true,
          sqlAggregateWrap: (value) => sql`count(${value})`,
          pgTypeCodecModifier: () => dataplanPg.TYPES.bigint,
        });
        build.pgAggregateGroupBySpecs.push({
          id: "truncated-to-week",
          isSuitableType: (codec) => codec === dataplanPg.TYPES.timestamptz,
          sqlWrap: (value) => sql`date_trunc('week', ${value}, 'Asia/Shanghai')`,
          sqlWrapCodec: (codec) => codec,
        });
        return build;
      },
    },
  },
};
const preset = {
  extends: [PostGraphileAmberPreset, PgAggregatesPreset],
  plugins: [CountsByWeek],
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  schema: { defaultBehavior: "-resource:aggregates -resource:groupedAggregates -having -havingBy" },
  pgServices: [makePgService({ connectionString, schemas: ["public", "peer"], poolConfig: { max: 10 } })],
  grafserv: { graphiql: false, websockets: false, maxRequestLength: 262_144 },
  grafast: {
    explain: false,
    context: ({ node }) => ({
      pgSettings: { role: "peer", "tunping.account": accountOf(node.req.headers.authorization) },
    }),
  },
};
const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(Number(PORT), "127.0.0.1", () => console.log("up"));
