// The JavaScript side: one JSON line a request, one a answer. A request names files; an answer is a report each, or the
// code for which the file was refused.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const source = readFileSync(new URL(process.argv[2]), "utf8");
const { check, Finding } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

// Browsers that lack an algorithm refuse its name, and so does this one when told to.
const without = process.argv[3];
const importKey = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (format, key, algorithm, ...rest) => (
  algorithm.name === without ? Promise.reject(new DOMException(without, "NotSupportedError")) : importKey(format, key, algorithm, ...rest)
);

async function answer({ file, policy, at }) {
  try {
    return { report: await check(Buffer.from(file, "base64"), { policy, at }) };
  } catch (error) {
    if (error instanceof Finding) return { refused: error.code };
    return { crashed: String(error.stack) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { files } = JSON.parse(line);
  const answers = [];
  for (const file of files) answers.push(await answer(file));
  process.stdout.write(`${JSON.stringify({ answers })}\n`);
}
