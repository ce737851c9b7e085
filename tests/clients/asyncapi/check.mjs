// node check.mjs asyncapi.json: what the AsyncAPI parser finds, each on a line; 1 when an error is among it.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const ERROR = 0;
for (const each of diagnostics) {
  console.log(`${each.severity} ${each.code} ${each.path.join(".")}: ${each.message}`);
}
const found = document?.channels().all().map((channel) => channel.id()) ?? [];
console.log(JSON.stringify({ channels: found, operations: document?.operations().all().length }));
process.exit(document && !diagnostics.some((each) => each.severity === ERROR) ? 0 : 1);
