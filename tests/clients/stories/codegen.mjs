// graphql-codegen: types of the whole schema and of some operations, which TypeScript checks strictly.
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { generate } from "@graphql-codegen/cli";
import { tell } from "./lib.mjs";

const USE = `import type { AppealPageQuery, AcceptMutation, OpenedSubscription } from "./generated";
import type { AcceptAppealInput } from "./schema-types";
export const statuses = (page: AppealPageQuery): string[] => page.appeals.nodes.map((each) => each.statusLabel);
export const first = (page: AppealPageQuery): string | null => page.appeals.nodes[0]?.household?.address ?? null;
export const input: AcceptAppealInput = { appeal: "appeal_1" };
export const failed = (done: AcceptMutation): boolean => done.acceptAppeal.errors.length > 0;
export const cursor = (event: OpenedSubscription): string => event.appealOpened.cursor;
// @ts-expect-error A status that does not exist.
export const wrong: AppealPageQuery["appeals"]["nodes"][number]["status"] = "NOWHERE";
`;

tell(async () => {
  const scalars = { Cursor: "string", Date: "string", DateTime: "string", Decimal: "string", JSON: "unknown" };
  const config = { scalars, strictScalars: true, enumsAsTypes: true };
  await generate({
    schema: process.env.TUNPING_SCHEMA,
    documents: "operations.graphql",
    silent: true,
    generates: {
      "typed/schema-types.ts": { plugins: ["typescript"], config },
      "typed/generated.ts": { plugins: ["typescript-operations"], config },
    },
  }, true);
  await writeFile("typed/use.ts", USE);
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--moduleResolution", "bundler", "--module", "esnext"];
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", ...flags, "typed/use.ts", "typed/schema-types.ts"], { stdio: "inherit" });
  return "types of the schema and of three operations";
});
