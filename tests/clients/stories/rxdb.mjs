// RxDB: two phones and an office at random. Connections are cut, posts end and begin, people move and are merged. At the
// end each phone has what the server would give it anew, and each act was done once or is shown as refused.
import { createRxDatabase } from "rxdb";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";
import { replicateGraphQL } from "rxdb/plugins/replication-graphql";
import { Device, holds, newId, same, socketUrl, tell, url } from "./lib.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 12);
const KINDS = ["COMMUNITY", "GRID", "BUILDING", "COLLEAGUE", "DUTIES", "HOUSEHOLD", "RESIDENT", "NOTICE", "ROSTER", "ALERT",
  "CALL", "APPEAL", "DISPUTE", "WISH", "VISIT"];
const PULL = `query Pull($checkpoint: JSON, $limit: Int!, $kinds: [DocumentKind!]) {
  pullDocuments(checkpoint: $checkpoint, limit: $limit, kinds: $kinds) { documents checkpoint }
}`;
const PUSH = "mutation Push($rows: [JSON!]!) { pushActs(rows: $rows) }";
const CHANGES = `query($after: String, $kinds: [DocumentKind!]) {
  changes(checkpoint: $after, limit: 1000, kinds: $kinds) { documents checkpoint hasMore }
}`;
const text = { type: "string" };
const schema = { version: 0, primaryKey: "id", type: "object", properties: { id: { type: "string", maxLength: 60 } } };
const documents = { ...schema, properties: { ...schema.properties, documentKind: text, version: text } };
const acts = { ...schema, properties: { ...schema.properties, act: { type: "object" }, outcome: text } };
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
let state = seed;
const random = () => { state = (state * 1103515245 + 12345) % 2 ** 31; return state / 2 ** 31; };
const any = (list) => list[Math.floor(random() * list.length)];
const sorted = (value) => Array.isArray(value) ? value.map(sorted) : value && typeof value === "object"
  ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)])) : value;

class Phone {
  cuts = 0;
  opened = []; // The ids of the appeals that the person opened.
  replications = [];
  constructor(device) { this.device = device; }

  async start() {
    const name = newId("phone").replaceAll("-", "").toLowerCase();
    this.database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false });
    await this.database.addCollections({ documents: { schema: documents }, acts: { schema: acts } });
    await this.online();
    return this;
  }

  /** Asks with a token that holds, and loses a request, or its answer. */
  fetch = async (request) => {
    this.cut();
    request.headers.set("authorization", await this.device.authorization());
    const answer = await fetch(request);
    this.cut();
    return answer;
  };

  cut() { if (this.cuts > 0 && random() < 0.3) { this.cuts -= 1; throw new Error("cut"); } }

  async online() {
    // RxDB has one socket for each address, and this process has two phones.
    const ws = `${socketUrl}?phone=${this.device.username}`;
    const begin = (collection, kinds, push) => replicateGraphQL({
      collection, replicationIdentifier: `of-${collection.name}`, url: { http: `${url}/graphql`, ws },
      deletedField: "deleted", live: true, retryTime: 50, fetch: this.fetch, push,
      pull: {
        batchSize: 200,
        queryBuilder: (checkpoint, limit) => ({ query: PULL, variables: { checkpoint, limit, kinds } }),
        streamQueryBuilder: () => ({ query: "subscription { documentsChanged { cursor } }", variables: {} }),
        responseModifier: (data, origin) => (origin === "stream" ? "RESYNC" : data),
        wsOptions: {
          retryAttempts: Infinity,
          retryWait: async () => {},
          on: { connected: (socket) => { this.socket = socket; } },
          connectionParams: async () => ({ authorization: await this.device.authorization() }),
        },
      },
    });
    const push = { batchSize: 20, queryBuilder: (rows) => ({ query: PUSH, variables: { rows } }), responseModifier: (d) => d };
    this.replications = [begin(this.database.documents, KINDS), begin(this.database.acts, ["ACT"], push)];
  }

  async offline() { await Promise.all(this.replications.splice(0).map((each) => each.cancel())); }

  /** Waits until every act has an answer. What a push did comes with a later pull. */
  async settle() {
    for (let calm = 0, tries = 0; calm < 2 && tries < 200; tries += 1) {
      for (const each of this.replications) { each.reSync(); await each.awaitInSync(); }
      calm = (await this.all("acts")).every((each) => each.outcome) ? calm + 1 : 0;
    }
  }

  async all(name) { return (await this.database[name].find().exec()).map((each) => each.toJSON()); }

  async act(name, input) {
    const key = input.id ?? newId("act");
    if (name === "openAppeal") this.opened.push(key);
    await this.database.acts.insert({ id: `act_${key.split("_")[1]}`, act: { [name]: input } });
  }
}

/** The documents that the server gives anew. */
async function fresh(device) {
  const found = new Map();
  for (let after, more = true; more;) {
    const page = (await device.ask(CHANGES, { after, kinds: KINDS })).changes;
    for (const each of page.documents) found.set(each.id, each);
    [after, more] = [page.checkpoint, page.hasMore];
  }
  return found;
}

async function compare(phone, when) {
  const server = await fresh(phone.device);
  const own = new Map((await phone.all("documents")).map((each) => [each.id, each]));
  same([...own.keys()].filter((id) => !server.has(id)), [], `${when}: documents that are gone`);
  same([...server.keys()].filter((id) => !own.has(id)), [], `${when}: documents that are missing`);
  for (const [id, each] of server) {
    const { deleted, ...wanted } = each;
    const { _deleted, deleted: __, ...kept } = own.get(id);
    same(sorted(kept), sorted(wanted), `${when}: ${id}`);
  }
}

tell(async () => {
  const phones = await Promise.all(["网格员01", "网格员02"].map(async (name) => new Phone(await new Device(name).signIn()).start()));
  const office = await new Device("书记01").signIn();
  const mutate = (name, input) => office.ask(
    `mutation($input: ${name[0].toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { errors { code } } }`, { input },
  );
  const posts = [];
  for (const phone of phones) {
    const me = (await phone.device.ask("{ me { id assignments { id endsOn grid { id } } } }")).me;
    posts.push({ account: me.id, ...me.assignments.find((each) => each.endsOn === null) });
    await phone.settle();
    await compare(phone, "first copy");
  }
  const of = async (phone, kind) => (await phone.all("documents")).filter((each) => each.documentKind === kind);
  const steps = {
    async visit(phone) {
      const home = any(await of(phone, "HOUSEHOLD"));
      if (home) await phone.act("recordVisit", { id: newId("visit"), household: home.id, mode: "PHONE", occurredAt: new Date().toISOString() });
    },
    async appeal(phone) {
      const home = any(await of(phone, "HOUSEHOLD"));
      const household = random() < 0.3 ? newId("household") : home?.id;
      if (household) await phone.act("openAppeal", { id: newId("appeal"), household, body: "楼道灯不亮" });
    },
    async accept(phone) {
      const appeal = any(await of(phone, "APPEAL"));
      if (appeal) await phone.act("acceptAppeal", { appeal: appeal.id });
    },
    async colour(phone) {
      const resident = any(await of(phone, "RESIDENT"));
      if (resident) await phone.act("setColour", { resident: resident.id, colour: "BLUE" });
    },
    async move() {
      const homes = (await office.ask("{ households(first: 100) { nodes { id residents { id } } } }")).households.nodes;
      const [from, to] = [any(homes), any(homes)];
      if (from.residents.length) await mutate("moveResidents", { residents: [any(from.residents).id], household: to.id });
    },
    async merge() {
      const people = (await office.ask("{ residents(first: 100) { nodes { id } } }")).residents.nodes;
      const [keep, merge] = [any(people).id, any(people).id];
      if (keep !== merge) await mutate("mergeResidents", { id: newId("merge"), keep, merge });
    },
    async post(phone) {
      const post = posts[phones.indexOf(phone)];
      if (post.id) { await mutate("endPost", { post: post.id }); post.id = undefined; return; }
      post.id = newId("post");
      await mutate("givePost", { id: post.id, account: post.account, grid: post.grid.id });
    },
    async cut(phone) {
      phone.cuts = 3;
      phone.socket?.terminate();
    },
    async away(phone) { if (phone.replications.length) await phone.offline(); else await phone.online(); },
  };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const names = Array.from({ length: 6 }, () => any([...Object.keys(steps), "visit", "appeal", "accept", "colour", "cut"]));
    for (const name of names) await steps[name](any(phones));
    for (const phone of phones) {
      await phone.offline();
      await phone.online();
      await phone.settle();
      await compare(phone, `seed ${seed}, round ${round}: ${names.join(" ")}`);
      const acted = await phone.all("acts");
      holds(acted.every((each) => each.outcome), `seed ${seed}, round ${round}: an act without an answer`);
      holds(acted.every((each) => each.outcome === "DONE" || each.problems.length), "a refused act without a reason");
    }
  }
  for (const phone of phones) {
    const outcomes = new Map((await phone.all("acts")).map((each) => [each.id.slice("act_".length), each.outcome]));
    for (const id of phone.opened) {
      const { appeal } = await office.ask("query($id: ID!) { appeal(id: $id) { id } }", { id });
      same(appeal !== null, outcomes.get(id.slice("appeal_".length)) === "DONE", `seed ${seed}: whether ${id} was opened`);
    }
  }
  const counts = (await Promise.all(phones.map((phone) => phone.all("acts")))).flat().map((each) => each.outcome);
  return `${ROUNDS} rounds, ${counts.length} acts, ${counts.filter((each) => each === "REFUSED").length} refused`;
});
