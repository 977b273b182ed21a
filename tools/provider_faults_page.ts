// The text of docs/provider-faults.md, from the table that the tests go by.
import { EXIT_STATUS } from "../lib/errors.ts";
import { expected, type Fault, type FaultGroup, MOMENTS, type Place, type Told } from "../tests/stress/faults/fault.ts";
import { FAULTS } from "../tests/stress/provider_faults.ts";

/** One line of a table: faults that are told in the same words at the same places. */
interface Row {
  faults: Set<string>;
  where: string;
  told: Told | "works";
}

/** The page. */
export function providerFaultsPage(): string {
  const kinds = FAULTS.flatMap(({ faults }) => faults);
  const cases = kinds.flatMap((fault) => fault.at.flatMap((place) => momentsOf(fault, place)));
  return `# The provider at its worst

Made from the table that the tests go by (\`tests/stress/provider_faults.ts\`); do not edit.

${kinds.length} kinds of faults, ${cases.length} cases: each kind is met at metadata, keys, token and userinfo where it means something, and at a login, a
refresh, a call for claims about the user and the validation of an access token. Each ends within 10 s a request (20 s for a refresh where no other token is left) and 30 s in all, in one line and a hint, without a
secret, and with the old session kept as it was; only \`invalid_grant\` ends one. Where nobody knows whether a refresh has spent its token, the hint goes on with a
word about that. SERVER stands for the server's origin, N for a status, WHAT for the metadata, the
keys, the tokens or the claims, ENDPOINT for the name of an endpoint.

Repeat it with: \`deno task test:stress tests/stress/provider_faults_test.ts tests/stress/provider_waits_test.ts tests/stress/provider_faults_cli_test.ts\`

${FAULTS.map(section).join("\n")}`;
}

function momentsOf({ during }: Fault, place: Place) {
  return MOMENTS[place].filter((moment) => during?.includes(moment) ?? true);
}

function section({ title, faults }: FaultGroup): string {
  const rows = new Map<string, Row>();
  for (const fault of faults) {
    for (const [words, { where, told }] of toldOf(fault)) {
      const key = `${words} ${where}`;
      const row = rows.get(key) ?? { faults: new Set(), where, told };
      rows.set(key, row);
      row.faults.add(general(fault.name).replace("a ENDPOINT", "an endpoint").replace("no ENDPOINT", "no endpoint"));
    }
  }
  const lines = [...rows.values()].map(({ faults, where, told }) =>
    told === "works"
      ? [listOf(faults), where, "nothing: it works", "", "0"]
      : [listOf(faults), where, `${told.message}. ${told.hint}`, `\`${told.code}\``, `${EXIT_STATUS[told.code]}`]
  );
  const table = [["fault", "where", "what the user is told", "code", "status"], Array(5).fill("---"), ...lines];
  return `## ${title}\n\n${table.map((cells) => `| ${cells.map(cell).join(" | ")} |\n`).join("")}`;
}

/** What is told of a fault, and where. Where moments differ, they are named. */
function toldOf(fault: Fault): Map<string, Pick<Row, "where" | "told">> {
  const found = new Map<string, { places: string[]; told: Row["told"] }>();
  for (const place of fault.at) {
    const moments = momentsOf(fault, place);
    const tolds = moments.map((moment) => generalTold(fault.told(place, moment), place));
    const differ = new Set(tolds.map((told) => JSON.stringify(told))).size > 1;
    for (const [index, told] of tolds.entries()) {
      const words = JSON.stringify(told);
      const entry = found.get(words) ?? { places: [], told };
      found.set(words, entry);
      const where = differ ? `${place} at ${moments[index]}` : place;
      if (!entry.places.includes(where)) entry.places.push(where);
    }
  }
  return new Map([...found].map(([words, { places, told }]) => [words, { where: places.join(", "), told }]));
}

function generalTold(told: Told | "works", place: Place): Told | "works" {
  if (told === "works") return told;
  const message = told.message.replace(expected(place), "WHAT").replace(/(?<=status )\d{3}/, "N");
  return { ...told, message: general(message) };
}

function general(text: string): string {
  const short = text.length > 160 ? `${text.slice(0, 60)}...` : text;
  return short.replace(/\w+_endpoint(?! that has moved)|jwks_uri/, "ENDPOINT");
}

/** `status 400, 401` in place of `status 400; status 401`. */
function listOf(faults: Set<string>): string {
  const plain = [...faults].flatMap((name) => name.match(/^status (\d{3})$/)?.[1] ?? []);
  const others = [...faults].filter((name) => !/^status \d{3}$/.test(name));
  return [...plain.length > 0 ? [`status ${plain.join(", ")}`] : [], ...others].join("; ");
}

function cell(text: string): string {
  return text.replaceAll(/\p{C}+/gu, " ").replaceAll("|", "\\|");
}
