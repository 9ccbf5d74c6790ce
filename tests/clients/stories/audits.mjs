// The 61 audits of graphql-http, and the schema that the server tells beside the one that is checked in.
import { readFile } from "node:fs/promises";
import { diff } from "@graphql-inspector/core";
import { buildClientSchema, buildSchema, printSchema } from "graphql";
import { auditServer } from "graphql-http";
import { Device, same, tell, url } from "./lib.mjs";
import { introspected } from "./introspected.mjs";

tell(async () => {
  const results = await auditServer({ url: `${url}/graphql`, fetchFn: fetch });
  const failed = results.filter((result) => result.status !== "ok").map((result) => `${result.name}: ${result.reason}`);
  same(failed, [], "audits that failed");
  same(results.length, 61, "audits");

  const device = await new Device("网格员01").signIn();
  // Introspection tells no directives but by what they mean, so both are printed by one hand.
  const printed = (schema) => buildSchema(printSchema(schema));
  const told = printed(buildClientSchema(await introspected(device)));
  const written = printed(buildSchema(await readFile(process.env.TUNPING_SCHEMA, "utf8")));
  same((await diff(written, told)).map((change) => change.message), [], "changes");
  return `${results.length} audits, and a schema without changes`;
});
