// graphql-eslint: the rules for schemas and for Relay, but for what is named here with its reason.
import { readFile } from "node:fs/promises";
import { Linter } from "eslint";
import graphql from "@graphql-eslint/eslint-plugin";
import { same, tell } from "./lib.mjs";

/** Objects that have no id: figures, events, policies and parts of others. Clients keep them inside their parents. */
const KEYLESS = `
  AccessNotice AccessRecord ActAnswer AlertRaised AlertRung AppealOpened Changes ColourRecord DailyLog
  DayDeadline Deadline DisputeWorkspace DocumentPage DoorstepSummary DuplicateSuggestion DutyCompliance
  DutyRoster EarlierValue FeedEvent IncidentCandidate JointMediator JournalEntry MeetingGuest NoticePublished
  OpeningHours PageInfo PartyWorkspace PlaceSuggestion Problem PushPreferences Rate Receipt ReceiptPhoto
  ReceiptStep RemovedPhoto Residency SafetyLadder SearchResults SetupCheck SignedInDevice SiteArrears
  UnderstaffedPost UnregisteredParty VisitCorrection VisitDuty VocabularyWord WeeklyAnalysis WishReceipt
  WishStep
`.trim().split(/\s+/);

const KEYLESS_ENDS = ["Changed", "Count", "Figures", "OnWall", "Policy", "Statistics"];

const OPTIONS = {
  // A page, an edge or a payload has the identity of its field.
  "strict-id-in-types": { exceptions: { types: KEYLESS, suffixes: ["Connection", "Edge", "Payload", ...KEYLESS_ENDS] } },
  // Short lists that are read as a whole are no connections. The walls and the log of accounts show rows without an id.
  "relay-edge-types": { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
};
// `oneOf` is a directive of the specification, which describes it.
/** Words that begin like their type and mean something else: who dispatched, the rate itself, the wisher. */
const PREFIXES = /"(dispatchedBy|dispatchedAt|rate|wisherName|wisherPhone)" starts with the name of the parent type/;

tell(async () => {
  const { "flat/schema-recommended": recommended, "flat/schema-relay": relay } = graphql.configs;
  const rules = { ...recommended.rules, ...relay.rules };
  for (const [name, options] of Object.entries(OPTIONS)) rules[`@graphql-eslint/${name}`] = ["error", options];
  const schema = await readFile(process.env.TUNPING_SCHEMA, "utf8");
  const parserOptions = { graphQLConfig: { schema: process.env.TUNPING_SCHEMA } };
  const languageOptions = { parser: graphql.parser, parserOptions };
  const config = { files: ["**/*.graphql"], plugins: { "@graphql-eslint": graphql }, languageOptions, rules };
  const found = new Linter().verify(schema, config, { filename: "schema.graphql" });
  const left = found.filter(({ message }) => !PREFIXES.test(message) && !message.includes('directive "oneOf"'));
  same(left.map(({ ruleId, line, message }) => `${ruleId} ${line}: ${message}`), [], "complaints");
  return `${Object.keys(rules).length} rules`;
});
