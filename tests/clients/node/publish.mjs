// Publish CloudEvents to Gatepost and print what came of each.
//
//     AMQP_URL=amqp://pm:secret@localhost:5672/%2F node publish.mjs EVENTS.jsonl [MODE]
//
// MODE is structured, or for binary mode the prefix of its headers: ce- or cloudEvents:
import { readFileSync } from "node:fs";
import amqp from "amqplib";

const PATIENCE = 120_000; // milliseconds to wait for all answers
const [file, mode = "structured"] = process.argv.slice(2);

// The body of a message, and what goes into its properties.
function encoded(event) {
  if (mode === "structured") {
    return [JSON.stringify(event), { contentType: "application/cloudevents+json" }];
  }
  const { data, datacontenttype, ...attributes } = event;
  const headers = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [mode + name, value]),
  );
  return [JSON.stringify(data), { contentType: "application/json", headers }];
}

const events = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const waiting = new Map(events.map((event) => [event.id, event.subject]));
const connection = await amqp.connect(process.env.AMQP_URL);
const channel = await connection.createConfirmChannel();
channel.on("return", ({ fields }) => {
  throw new Error(`nobody takes ${fields.routingKey}: ${fields.replyText}`);
});

const { queue } = await channel.assertQueue("", { exclusive: true });
await channel.bindQueue(queue, "gatepost.events", "#");
const answered = new Promise((resolve) => {
  const take = ({ content }) => {
    const answer = JSON.parse(content.toString());
    for (const [id, subject] of waiting) {
      const received = answer.type === "gatepost.item.received.v1";
      const refused = answer.data.refused_event === id;
      if (refused || (received && answer.subject === subject)) {
        console.log(JSON.stringify(answer));
        waiting.delete(id);
      }
    }
    if (waiting.size === 0) resolve();
  };
  channel.consume(queue, take, { noAck: true });
});

for (const event of events) {
  const [body, properties] = encoded(event);
  const { company, kind } = event.data;
  channel.publish("gatepost.items", `${company}.${kind}.sent`, Buffer.from(body), {
    persistent: true, // kept on disk
    mandatory: true,
    userId: decodeURIComponent(new URL(process.env.AMQP_URL).username), // checked by RabbitMQ
    ...properties,
  });
}
await channel.waitForConfirms(); // throws unless RabbitMQ has taken all of them

const tooLate = setTimeout(() => {
  console.error(`no answer to ${[...waiting.values()].join(", ")}`);
  process.exit(1);
}, PATIENCE);
await answered;
clearTimeout(tooLate);
await connection.close();
