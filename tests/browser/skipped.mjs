// A reporter for Node's test runner that writes down why a test was skipped: for the last line of `make test`.
export default async function* skipped(events) {
  for await (const { type, data } of events) {
    if (type === "test:pass" && data.skip !== undefined) yield `${data.skip}\n`;
  }
}
