// Leerspoor's second verifier: checks a bundle or a credential in any browser, with nothing but this one file.
//
//   import { check } from "./verifier.js";
//   const report = await check(bytes, { policy, at });     // policy: text of leerspoor-policy.v1; at: "2026-11-24T10:00:00Z"
//
// It is a sibling of the Python package `verifiers`: the same steps, the same codes, the same three verdicts, and tests
// compare the two on thousands of damaged files. What this file cannot do is said in the report and never counted as
// good: RDF proofs and JSON-LD (the eddsa-jcs-2022 proof of the same credential decides), tokens (VC-JWT), DID documents,
// and ML-DSA where the browser has none. It reads no clock, opens no connection, and touches no page.
//
// In order: findings · bytes · strict JSON · canonical JSON · moments · keys · trees · notes and cosignatures · witness
// policies · receipts · time that counts · trust policies · what a log records · keys of issuers · proofs · dates of status
// lists · status lists · shape · files · check.
// Formats: docs/formats.md. The number after a § is that of the specification named beside it.

// ------------------------------------------------------------------------------------------------- findings

/** Something that a check found; `kind` is malformed, invalid (wrong) or undetermined (cannot be decided here). */
export class Finding extends Error {
  constructor(kind, code, message) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
  get verdict() {
    return this.kind === "undetermined" ? "undetermined" : "invalid";
  }
}
const malformed = (code, message) => new Finding("malformed", code, message);
const invalid = (code, message) => new Finding("invalid", code, message);
const undetermined = (code, message) => new Finding("undetermined", code, message);

/** Run `work`; turn a finding of it into another one, and let every other error through. */
async function as(turn, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Finding) throw turn(error);
    throw error;
  }
}

function makeCheck(name, verdict, code, message, required = true, detail = {}) {
  return { name, verdict, code, message, required, detail };
}
function checkOf(name, error, { required = true, detail = {} } = {}) {
  if (!(error instanceof Finding)) throw error;
  const message = `${error.message.slice(0, 1).toUpperCase()}${error.message.slice(1)}.`;
  return makeCheck(name, error.verdict, error.code, message, required, detail);
}

/** One invalid spoils all; nothing at all proves nothing. */
function worst(verdicts) {
  if (verdicts.includes("invalid")) return "invalid";
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === "valid") ? "valid" : "undetermined";
}
const decide = (checks) => worst(checks.filter((check) => check.required).map((check) => check.verdict));

// ---------------------------------------------------------------------------------------------------- bytes

const encoder = new TextEncoder();
const utf8 = (text) => encoder.encode(text);

/** Strict UTF-8, or null. */
function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function join(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

const equal = (one, two) => one.length === two.length && one.every((byte, index) => byte === two[index]);
const startsWith = (bytes, start) => start.every((byte, index) => bytes[index] === byte);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const uint64 = (bytes) => BigInt(`0x${hex(bytes.subarray(0, 8))}`);
function fromUint64(number) {
  return Uint8Array.from({ length: 8 }, (_, index) => Number((number >> BigInt(56 - 8 * index)) & 0xffn));
}

/** Whether a text has more than so many code points. */
const isLonger = (text, max) => text.length > max && (text.length > 2 * max || [...text].length > max);
const isText = (value) => typeof value === "string";
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Float);
const has = (value, name) => Object.hasOwn(value, name);

const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
async function hmacSha256(key, message) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

function toBase64(bytes) {
  let binary = "";
  for (let index = 0; index < bytes.length; index += 8192) {
    binary += String.fromCharCode(...bytes.subarray(index, index + 8192));
  }
  return btoa(binary);
}
const toBase64Url = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** RFC 4648 §4: padded, no second spelling. */
function base64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw malformed("base64_invalid", "not padded base64");
  let binary = null;
  try {
    binary = atob(text);
  } catch {
    throw malformed("base64_invalid", "not padded base64");
  }
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (toBase64(bytes) !== text) throw malformed("base64_invalid", "the base64 has spare bits that are not zero");
  return bytes;
}

/** RFC 4648 §5, unpadded, no second spelling. */
function base64Url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw malformed("base64url_invalid", "not unpadded base64url");
  const padded = text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4);
  try {
    return base64(padded);
  } catch {
    throw malformed("base64url_invalid", "the base64url has spare bits that are not zero");
  }
}

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE58_CHARACTERS_MAX = 1024;

function base58(text) {
  if (text.length > BASE58_CHARACTERS_MAX) throw malformed("base58_invalid", "the base58 text is too long");
  let number = 0n;
  for (const character of text) {
    const value = BASE58.indexOf(character);
    if (value < 0) throw malformed("base58_invalid", "the text is not base58");
    number = number * 58n + BigInt(value);
  }
  const bytes = [];
  for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 0xffn));
  const zeros = text.length - text.replace(/^1+/, "").length;
  return Uint8Array.from([...new Array(zeros).fill(0), ...bytes]);
}

function toBase58(bytes) {
  let number = bytes.length === 0 ? 0n : BigInt(`0x${hex(bytes)}`);
  let text = "";
  for (; number > 0n; number /= 58n) text = BASE58[Number(number % 58n)] + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros < 0 ? bytes.length : zeros) + text;
}

function multibase(text) {
  try {
    if (text.startsWith("z")) return base58(text.slice(1));
    if (text.startsWith("u")) return base64Url(text.slice(1));
  } catch (error) {
    throw malformed("multibase_invalid", `the multibase text cannot be read: ${error.message}`);
  }
  throw malformed("multibase_invalid", "the multibase text has another base");
}

// ---------------------------------------------------------------------------------------------- strict JSON

const JSON_BYTES_MAX = 1_048_576;
const JSON_DEPTH_MAX = 32;
const JSON_NODES_MAX = 20_000;
const NUMBER_CHARACTERS_MAX = 400;

/** A number written with fraction or exponent; plain numbers are integers, which some members must be. */
class Float {
  constructor(value) {
    this.value = value;
  }
}

/** Read one JSON text (RFC 8259 narrowed to RFC 7493): what two readers could understand differently is refused. */
function readJson(bytes, { bytesMax = JSON_BYTES_MAX, depthMax = JSON_DEPTH_MAX, nodesMax = JSON_NODES_MAX } = {}) {
  if (bytes.length > bytesMax) throw malformed("json_too_large", "the JSON text is too large");
  if ([[0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff]].some((mark) => startsWith(bytes, mark))) {
    throw malformed("json_bom", "the JSON text starts with a byte order mark");
  }
  const text = fromUtf8(bytes);
  if (text === null) throw malformed("json_not_utf8", "the JSON text is not UTF-8");
  boundShape(text, depthMax, nodesMax);
  const value = new JsonReader(text).whole();
  checkCharacters(text, value);
  return value;
}

function readObject(bytes, limits) {
  const value = readJson(bytes, limits);
  if (!isObject(value)) throw malformed("json_not_object", "the JSON text is not an object");
  return value;
}

/** Bound depth and number of values before anything recurses: each value follows an opening or a comma. */
function boundShape(text, depthMax, nodesMax) {
  let depth = 0;
  let nodes = 1;
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at];
    if (mark === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === "\\") at += 1;
    } else if (mark === "{" || mark === "[") {
      depth += 1;
      nodes += 1;
      if (depth > depthMax) throw malformed("json_too_deep", "the JSON text is nested too deeply");
    } else if (mark === ",") nodes += 1;
    else if (mark === "}" || mark === "]") depth -= 1;
    if (nodes > nodesMax) throw malformed("json_too_many_nodes", "the JSON text has too many values");
  }
}

class JsonReader {
  static ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
  static WORDS = { true: true, false: false, null: null };

  constructor(text) {
    this.text = text;
    this.at = 0;
  }
  whole() {
    this.space();
    const value = this.value();
    this.space();
    if (this.at !== this.text.length) this.fail();
    return value;
  }
  fail() {
    throw malformed("json_syntax", `the text is not JSON at character ${this.at}`);
  }
  /** Return what a sticky pattern matches here, and go behind it. */
  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }
  space() {
    this.take(/[ \t\n\r]*/y);
  }
  mark(character) {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }
  value() {
    if (this.mark("{")) return this.object();
    if (this.mark("[")) return this.array();
    if (this.mark('"')) return this.string();
    const word = this.take(/true|false|null/y);
    if (word !== null) return JsonReader.WORDS[word[0]];
    if (this.take(/NaN|-?Infinity/y) !== null) throw malformed("json_not_finite", "the JSON text holds NaN or Infinity");
    const number = this.take(/-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/y);
    if (number === null) this.fail();
    return number[1] === "" ? integer(number[0]) : float(number[0]);
  }
  object() {
    const members = Object.create(null);
    let doubled = false;
    this.space();
    if (this.mark("}")) return members;
    for (;;) {
      if (!this.mark('"')) this.fail();
      const name = this.string();
      this.space();
      if (!this.mark(":")) this.fail();
      this.space();
      doubled = doubled || name in members;
      members[name] = this.value();
      this.space();
      if (this.mark("}")) break;
      if (!this.mark(",")) this.fail();
      this.space();
    }
    if (doubled) throw malformed("json_duplicate_key", "an object of the JSON text has the same name twice");
    return members;
  }
  array() {
    const items = [];
    this.space();
    if (this.mark("]")) return items;
    for (;;) {
      items.push(this.value());
      this.space();
      if (this.mark("]")) return items;
      if (!this.mark(",")) this.fail();
      this.space();
    }
  }
  string() {
    let text = "";
    for (;;) {
      text += this.take(/[^"\\\u0000-\u001f]*/y)[0];
      if (this.mark('"')) return text;
      if (!this.mark("\\")) this.fail();
      const escape = this.take(/["\\/bfnrt]|u([0-9A-Fa-f]{4})/y);
      if (escape === null) this.fail();
      text += escape[1] === undefined ? JsonReader.ESCAPES[escape[0]] : String.fromCharCode(parseInt(escape[1], 16));
    }
  }
}

function integer(literal) {
  const value = Number(literal);
  if (literal.length > 17 || literal === "-0" || !Number.isSafeInteger(value)) {
    throw malformed("json_number_range", "an integer of the JSON text is out of range");
  }
  return value;
}

function float(literal) {
  const value = Number(literal);
  const written = /[1-9]/.test(literal.split(/[eE]/)[0]);
  // Readers disagree about negative zero, and about what is too small or too large for a double.
  if (literal.length > NUMBER_CHARACTERS_MAX || !Number.isFinite(value) || (value === 0 && (written || literal.startsWith("-")))) {
    throw malformed("json_number_range", "a number of the JSON text is out of range");
  }
  return new Float(value);
}

function checkCharacters(text, value) {
  if (!text.includes("\\u")) return checkString(text);
  const waiting = [value];
  while (waiting.length > 0) {
    const item = waiting.pop();
    if (isText(item)) checkString(item);
    else if (Array.isArray(item)) waiting.push(...item);
    else if (isObject(item)) waiting.push(...Object.keys(item), ...Object.values(item));
  }
  return undefined;
}

function checkString(text) {
  if (/[\ud800-\udfff]/u.test(text)) throw malformed("json_lone_surrogate", "a string of the JSON text holds a lone surrogate");
  if (/\p{Noncharacter_Code_Point}/u.test(text)) throw malformed("json_noncharacter", "a string of the JSON text holds a noncharacter");
}

// ------------------------------------------------------------------------------------------- canonical JSON

/** RFC 8785: members by UTF-16 code units, numbers and strings as JavaScript writes them. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value instanceof Float) return String(value.value);
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

/** The same members without some of them. */
function without(value, ...names) {
  const kept = Object.create(null);
  for (const name of Object.keys(value)) if (!names.includes(name)) kept[name] = value[name];
  return kept;
}

// -------------------------------------------------------------------------------------------------- moments

// A moment is a BigInt of microseconds since 1970: the years 1 to 9999 do not fit into a Number.
const SECOND = 1_000_000n;
const DAY = 86_400n * SECOND;
const MOMENT_MIN = BigInt(Date.parse("0001-01-01T00:00:00Z")) * 1000n;
const MOMENT_MAX = BigInt(Date.parse("9999-12-31T23:59:59Z")) * 1000n + SECOND - 1n;
const MOMENT = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/** RFC 3339 §5.6 as VC 2.0 §4.9 narrows it. */
function parseTime(text) {
  const found = MOMENT.exec(text);
  if (found === null) throw malformed("time_invalid", "the moment is not written as required");
  const [, date, clock, fraction = "", zone] = found;
  const milliseconds = Date.parse(`${date}T${clock}Z`);
  // Date moves 30 February to March; writing it again shows that.
  const exists = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(`${date}T${clock}`);
  if (!exists || (zone !== "Z" && (zone.slice(1) > "14:00" || zone.slice(4) > "59"))) {
    throw malformed("time_invalid", "the moment does not exist");
  }
  const offset = zone === "Z" ? 0n : BigInt(Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))) * 60n * SECOND;
  const local = BigInt(milliseconds) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
  const moment = zone.startsWith("-") ? local + offset : local - offset;
  if (moment < MOMENT_MIN || moment > MOMENT_MAX) throw malformed("time_invalid", "the moment does not exist");
  return moment;
}

function formatTime(moment) {
  const seconds = moment >= 0n ? moment / SECOND : -((SECOND - 1n - moment) / SECOND);
  const written = new Date(Number(seconds) * 1000).toISOString();
  return `${written.slice(0, 19)}Z`;
}
const formatOrNull = (moment) => (moment === null ? null : formatTime(moment));
const least = (moments) => moments.filter((moment) => moment !== null).reduce((one, two) => (one === null || two < one ? two : one), null);

// ----------------------------------------------------------------------------------------------------- keys

const SIGNATURE_BYTES = 64;
const KINDS = {
  Ed25519: { prefix: [0xed, 0x01], bytes: 32, check: checkEd25519 },
  "P-256": { prefix: [0x80, 0x24], bytes: 33, check: checkP256 },
};

function power(base, exponent, modulus) {
  let result = 1n;
  for (let factor = base % modulus; exponent > 0n; exponent >>= 1n, factor = (factor * factor) % modulus) {
    if (exponent & 1n) result = (result * factor) % modulus;
  }
  return result;
}
const positive = (number, modulus) => ((number % modulus) + modulus) % modulus;

const P = 2n ** 255n - 19n;
const D = positive(-121665n * power(121666n, P - 2n, P), P);
const Y_EIGHTH = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER_Y = [1n, P - 1n, 0n, Y_EIGHTH, P - Y_EIGHTH];

/** RFC 8032 §5.1.3, and no point of small order: with such a key one signature fits every message. */
function checkEd25519(raw) {
  const y = BigInt(`0x${hex(raw.slice().reverse())}`) & (2n ** 255n - 1n);
  if (y >= P) throw malformed("key_not_canonical", "the Ed25519 key is not written canonically");
  if (SMALL_ORDER_Y.includes(y)) throw invalid("key_small_order", "the Ed25519 key has small order, so its signatures prove nothing");
  const square = positive((y * y - 1n) * power(D * y * y + 1n, P - 2n, P), P);
  if (power(square, (P - 1n) / 2n, P) !== 1n) throw malformed("key_not_on_curve", "the Ed25519 key is not a point of the curve");
}

const Q = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** SEC 1 §2.3.4, compressed. */
function checkP256(raw) {
  if (raw[0] !== 2 && raw[0] !== 3) throw malformed("key_malformed", "the P-256 key is not a compressed point");
  const x = BigInt(`0x${hex(raw.subarray(1))}`);
  if (x >= Q) throw malformed("key_not_canonical", "the P-256 key is not written canonically");
  if (power(positive(x * x * x - 3n * x + B, Q), (Q - 1n) / 2n, Q) !== 1n) throw malformed("key_not_on_curve", "the P-256 key is not a point of the curve");
}

function makeKey(kind, raw) {
  if (raw.length !== KINDS[kind].bytes) throw malformed("key_malformed", `a ${kind} key does not have the length of one`);
  KINDS[kind].check(raw);
  return { kind, raw, multikey: `z${toBase58(join(KINDS[kind].prefix, raw))}` };
}

/** Controlled Identifiers 1.0 §2.2.2, base58btc only, so that a key has one spelling. */
function parseMultikey(text) {
  if (!text.startsWith("z")) throw malformed("key_malformed", "a Multikey must be base58btc");
  let data = null;
  try {
    data = multibase(text);
  } catch (error) {
    throw malformed("key_malformed", `the Multikey cannot be read: ${error.message}`);
  }
  for (const [kind, { prefix }] of Object.entries(KINDS)) {
    if (startsWith(data, prefix)) return makeKey(kind, data.subarray(prefix.length));
  }
  if (data.length < 3) throw malformed("key_malformed", "the Multikey is too short to hold a key");
  throw undetermined("key_type_unknown", "the Multikey is of a kind we cannot check");
}

function parseDidKey(did) {
  if (!did.startsWith("did:key:")) throw malformed("key_malformed", "the DID is not a did:key");
  return parseMultikey(did.slice("did:key:".length));
}

/** Whether the browser says that this key made this signature; a kind that it does not have is a finding. */
async function signedBy(algorithm, raw, signature, message, format = "raw") {
  let key = null;
  try {
    key = await crypto.subtle.importKey(format, raw, { name: algorithm }, false, ["verify"]);
  } catch {
    throw undetermined("algorithm_not_here", `this program cannot check signatures of the kind ${algorithm}`);
  }
  return crypto.subtle.verify({ name: algorithm }, key, signature, message);
}

async function verifyEd25519(key, signature, message) {
  if (signature.length !== SIGNATURE_BYTES || !(await signedBy("Ed25519", key.raw, signature, message))) {
    throw invalid("signature_invalid", "the Ed25519 signature does not fit key and message");
  }
}

// ---------------------------------------------------------------------------------------------------- trees

const HASH_BYTES = 32;
const SIZE_MAX = 2n ** 63n - 1n;
const leafHash = (entry) => sha256([0], entry);
const nodeHash = (left, right) => sha256([1], left, right);

/** RFC 9162 §2.1.3.2: the root that an inclusion proof leads to. */
async function rootOf(index, size, leaf, proof) {
  let [position, last, root] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) throw malformed("proof_length", "the inclusion proof has too many hashes for this tree size");
    if (position & 1n || position === last) {
      root = await nodeHash(sibling, root);
      while (!(position & 1n) && position !== 0n) [position, last] = [position >> 1n, last >> 1n];
    } else root = await nodeHash(root, sibling);
    [position, last] = [position >> 1n, last >> 1n];
  }
  if (last !== 0n) throw malformed("proof_length", "the inclusion proof has too few hashes for this tree size");
  return root;
}

// ------------------------------------------------------------------------------------ notes and cosignatures

// C2SP signed-note, tlog-checkpoint and tlog-cosignature, in their one strict spelling.
const CHECKPOINT_BYTES_MAX = 131_072;
const SIGNATURES_MAX = 32;
const KEY_TEXT_CHARACTERS_MAX = 4096;
const LOG_KEY = 0x01;
const COSIGNER_KINDS = { 0x04: { kind: "Ed25519", key: 32, signature: 64 }, 0x06: { kind: "ML-DSA-44", key: 1312, signature: 2420 } };
const SECONDS_MAX = 253_402_300_799n;

const isKeyName = (text) => /^[^\p{C}\p{Z}+]+$/u.test(text) && utf8(text).length <= 255;
const keyIdOf = async (name, type, raw) => (await sha256(utf8(`${name}\n`), [type], raw)).subarray(0, 4);

/** Read "name+hex8+base64(type || key)". */
async function parseVkey(text) {
  const fail = () => malformed("vkey_malformed", "the verifier key is not name, key ID and key joined by +");
  const [name, id, ...rest] = text.split("+"); // base64 may hold a "+", a name may not
  if (isLonger(text, KEY_TEXT_CHARACTERS_MAX) || rest.length === 0 || !isKeyName(name)) throw fail();
  const data = await as(fail, () => base64(rest.join("+")));
  if (data.length < 2) throw fail();
  const key = { name, type: data[0], raw: data.subarray(1) };
  key.id = await keyIdOf(name, key.type, key.raw);
  if (hex(key.id) !== id) throw fail();
  return key;
}

/** The key of a log: Ed25519, type 0x01. */
async function parseLogKey(text) {
  const vkey = await parseVkey(text);
  if (vkey.type !== LOG_KEY) throw malformed("vkey_malformed", "the verifier key is not of type 0x01");
  const key = await as((error) => malformed("vkey_malformed", error.message), () => makeKey("Ed25519", vkey.raw));
  return { ...vkey, key };
}

/** The key of a witness: Ed25519 (0x04) or ML-DSA-44 (0x06). */
async function parseWitnessKey(text) {
  const vkey = await parseVkey(text);
  const type = COSIGNER_KINDS[vkey.type];
  if (type === undefined || vkey.raw.length !== type.key) throw malformed("vkey_malformed", "the verifier key is not of a kind that cosigns");
  if (type.kind === "Ed25519") await as((error) => malformed("vkey_malformed", error.message), () => makeKey("Ed25519", vkey.raw));
  return { ...vkey, kind: type.kind };
}

function parseCheckpoint(text) {
  const require = (condition, what) => {
    if (!condition) throw malformed("checkpoint_malformed", `the checkpoint is not well-formed: ${what}`);
  };
  if (utf8(text).length > CHECKPOINT_BYTES_MAX) throw malformed("checkpoint_too_large", "the checkpoint is too large");
  const parting = text.lastIndexOf("\n\n");
  const [note, tail] = [text.slice(0, parting), text.slice(parting + 2)];
  require(parting >= 0 && tail.endsWith("\n"), "text and signatures are not parted by an empty line");
  const lines = note.split("\n");
  if (lines.length > 3 && !lines.includes("")) {
    throw malformed("checkpoint_extension", "the checkpoint has extension lines, which nobody can audit");
  }
  require(lines.length === 3, "its text does not have three lines");
  const [origin, size, root] = lines;
  require(/^(0|[1-9][0-9]{0,18})$/.test(size), "the tree size is not a decimal number");
  const written = tail.slice(0, -1).split("\n");
  require(written.length <= SIGNATURES_MAX, "it has too many signatures");
  const decode = (encoded) => {
    try {
      return base64(encoded);
    } catch {
      throw malformed("checkpoint_malformed", "the checkpoint is not well-formed: a part is not base64");
    }
  };
  const rootHash = decode(root);
  const signatures = written.map((line) => {
    const words = line.split(" ");
    require(words.length === 3 && words[0] === "—", "a signature line is not mark, name, signature");
    const data = decode(words[2]);
    return { name: words[1], id: data.subarray(0, 4), signature: data.subarray(4) };
  });
  require(isKeyName(origin), "the origin is not a key name");
  require(BigInt(size) <= SIZE_MAX, "the tree size is out of range");
  require(rootHash.length === HASH_BYTES, "the root hash does not have 32 bytes");
  for (const line of signatures) require(isKeyName(line.name) && line.signature.length > 0, "a signature line is too short");
  if (new Set(signatures.map((line) => `${line.name} ${hex(line.id)}`)).size !== signatures.length) {
    throw malformed("checkpoint_duplicate_signature", "the checkpoint has two signatures of one key");
  }
  return { origin, size: BigInt(size), root: rootHash, signatures, body: utf8(`${note}\n`) };
}

const lineOf = (checkpoint, key) => checkpoint.signatures.find((line) => line.name === key.name && equal(line.id, key.id));

/** Accept a head that a key of its log signed; one wrong signature of a known key spoils it. */
async function verifyHead(checkpoint, logs) {
  let verified = false;
  for (const log of logs.filter((one) => one.name === checkpoint.origin)) {
    const line = lineOf(checkpoint, log);
    if (line === undefined) continue;
    await as(
      (error) => (error.kind === "invalid" ? invalid("checkpoint_signature", "the log's signature on the checkpoint is wrong") : error),
      () => verifyEd25519(log.key, line.signature, checkpoint.body),
    );
    verified = true;
  }
  if (!verified) throw undetermined("log_not_trusted", "the receipt is of a log, or a key, that the policy does not name");
}

/** Return when this key cosigned this head. */
async function cosignedAt(checkpoint, key) {
  const line = lineOf(checkpoint, key);
  if (line === undefined) throw undetermined("cosignature_missing", "the checkpoint is not cosigned by this key");
  const { kind, signature } = COSIGNER_KINDS[key.type];
  if (line.signature.length !== 8 + signature) throw malformed("cosignature_malformed", "the cosignature does not have the length of one");
  const stamp = line.signature.subarray(0, 8);
  const seconds = uint64(stamp);
  if (seconds > SECONDS_MAX) throw malformed("cosignature_malformed", "the time of the cosignature is not on the calendar");
  const [name, origin] = [utf8(key.name), utf8(checkpoint.origin)];
  const message = kind === "Ed25519"
    ? join(utf8(`cosignature/v1\ntime ${seconds}\n`), checkpoint.body)
    : join(
      utf8("subtree/v1\n\0"), [name.length], name, stamp, [origin.length], origin,
      fromUint64(0n), fromUint64(checkpoint.size), checkpoint.root,
    );
  const good = await signedBy(kind, key.raw, line.signature.subarray(8), message, kind === "Ed25519" ? "raw" : "raw-public");
  if (!good) throw invalid("cosignature_invalid", "the cosignature on the checkpoint is wrong");
  if (seconds === 0n) throw undetermined("cosignature_without_time", "the cosignature does not say when it was made");
  return seconds * SECOND;
}

// ----------------------------------------------------------------------------------------- witness policies

const WITNESS_POLICY_BYTES_MAX = 524_288;
const WITNESS_POLICY_LINES_MAX = 1024;

/** Read a C2SP tlog-policy: logs, witnesses, groups of them, and the quorum that is enough. */
async function parseWitnessPolicy(text) {
  const fail = (what, code = "witness_policy_malformed") => malformed(code, `the witness policy is not well-formed: ${what}`);
  const twice = (what) => fail(`${what} stands in it twice`, "witness_policy_duplicate");
  if (utf8(text).length > WITNESS_POLICY_BYTES_MAX) throw fail("it is too large");
  if (!text.endsWith("\n")) throw fail("its last line is cut off");
  const rows = text.slice(0, -1).split("\n");
  if (rows.length > WITNESS_POLICY_LINES_MAX) throw fail("it has too many lines");
  const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null };
  const members = new Set();
  const isDefined = (name) => policy.witnesses.has(name) || policy.groups.has(name);
  const define = (name) => {
    if (name === "none") throw fail("a name cannot be used as one");
    if (isDefined(name)) throw twice("a name");
  };
  const known = (name) => {
    if (!isDefined(name)) throw fail("a name is not defined on an earlier line", "witness_policy_unknown_name");
  };
  const readKey = (read, key) => as((error) => fail(error.message), () => read(key));
  for (const row of rows) {
    if (/[^\t\n\x20-\x7e\u0080-\u{10ffff}]/u.test(row)) throw fail("a control character stands in it");
    const [first, ...words] = row.replace(/^[ \t]+|[ \t]+$/g, "").split(/[ \t]+/);
    if (first === "" || first.startsWith("#")) continue;
    if (first === "log" && (words.length === 1 || words.length === 2)) {
      const log = await readKey(parseLogKey, words[0]);
      if (policy.logs.some((other) => equal(other.raw, log.raw))) throw twice("the key of a log");
      policy.logs.push(log);
    } else if (first === "witness" && (words.length === 2 || words.length === 3)) {
      const key = await readKey(parseWitnessKey, words[1]);
      define(words[0]);
      if ([...policy.witnesses.values()].some((other) => equal(other.raw, key.raw))) throw twice("the key of a witness");
      policy.witnesses.set(words[0], key);
    } else if (first === "group" && words.length >= 3) {
      const [name, count, ...own] = words;
      if (!/^(any|all|[1-9][0-9]{0,3})$/.test(count)) throw fail("the number of a group is not one");
      define(name);
      for (const member of own) {
        known(member);
        if (members.has(member)) throw twice("a member");
        members.add(member);
      }
      const threshold = count === "any" ? 1 : count === "all" ? own.length : Number(count);
      if (threshold > own.length) throw fail("a group asks for more members than it has", "quorum_unreachable");
      policy.groups.set(name, { threshold, members: own });
    } else if (first === "quorum" && words.length === 1) {
      if (policy.quorum !== null) throw twice("the quorum");
      if (words[0] !== "none") known(words[0]);
      policy.quorum = words[0];
    } else throw fail("a line is none of log, witness, group, quorum");
  }
  if (policy.quorum === null) throw fail("it has no quorum line");
  return policy;
}

/**
 * Apply a witness policy to a checkpoint: since when its quorum is met, if it is.
 * Keys of the kinds in `broken` do not count; `isUnchecked` tells of a cosignature that this program cannot check.
 */
async function evaluateQuorum(policy, checkpoint, broken) {
  const times = new Map();
  const wrong = [];
  let isUnchecked = false;
  for (const [name, key] of policy.witnesses) {
    if (broken.includes(key.kind)) continue;
    try {
      times.set(name, await cosignedAt(checkpoint, key));
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      if (error.code === "algorithm_not_here") isUnchecked = true;
      else if (error.kind !== "undetermined") wrong.push(name);
    }
  }
  const [counted, earliest] = [[...times.keys()], least([...times.values()])];
  // A group has witnessed at the moment of the k-th of its members; members stand on earlier lines.
  for (const [name, { threshold, members }] of policy.groups) {
    const own = members.filter((member) => times.has(member)).map((member) => times.get(member));
    own.sort((one, two) => (one < two ? -1 : 1));
    if (own.length >= threshold) times.set(name, own[threshold - 1]);
  }
  const at = times.get(policy.quorum) ?? null;
  return { at: at !== null && (await isOfLog(checkpoint, policy.logs)) ? at : null, earliest, counted, wrong, isUnchecked };
}

async function isOfLog(checkpoint, logs) {
  if (logs.length === 0) return true;
  try {
    await verifyHead(checkpoint, logs);
    return true;
  } catch (error) {
    if (error instanceof Finding) return false;
    throw error;
  }
}

// ------------------------------------------------------------------------------------------------- receipts

// C2SP tlog-proof; its `extra` line holds the opening: header, header signature, r.
const RECEIPT_BYTES_MAX = CHECKPOINT_BYTES_MAX + 16_384;
const PROOF_HASHES_MAX = 63;
const HEADER_MEMBERS = "body_hash commitment issuer key recorded_at stream subject type version";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

async function parseReceipt(text) {
  const require = (condition, what) => {
    if (!condition) throw malformed("receipt_malformed", `the receipt is not well-formed: ${what}`);
  };
  if (utf8(text).length > RECEIPT_BYTES_MAX) throw malformed("receipt_too_large", "the receipt is too large");
  const parting = text.indexOf("\n\n");
  const [first, ...lines] = (parting < 0 ? text : text.slice(0, parting)).split("\n");
  require(parting >= 0 && first === "c2sp.org/tlog-proof@v1", "it is not a tlog-proof of version 1");
  const opening = lines[0]?.startsWith("extra ") ? await parseOpening(lines.shift().slice("extra ".length)) : null;
  const index = /^index (0|[1-9][0-9]{0,18})$/.exec(lines.shift() ?? "");
  require(index !== null, "its index line is missing");
  require(lines.length <= PROOF_HASHES_MAX, "the inclusion proof is too long");
  const proof = await as(() => malformed("receipt_malformed", "a hash of the receipt is not base64"), () => lines.map(base64));
  const checkpoint = parseCheckpoint(text.slice(parting + 2));
  require(BigInt(index[1]) < checkpoint.size, "the index is not in the tree");
  require(proof.every((hash) => hash.length === HASH_BYTES), "a hash does not have 32 bytes");
  return { index: BigInt(index[1]), proof, checkpoint, opening };
}

async function parseOpening(text) {
  const fail = () => malformed("receipt_opening_malformed", "the opening cannot be read");
  return as(fail, () => {
    const raw = base64(text);
    const members = readObject(raw, { bytesMax: 4096, depthMax: 1, nodesMax: 8 });
    if (Object.keys(members).sort().join(" ") !== "header r signature") throw fail();
    if (!Object.values(members).every(isText) || canonical(members) !== fromUtf8(raw)) throw fail();
    const [header, r, signature] = [members.header, members.r, members.signature].map(base64Url);
    if (header.length === 0 || header.length > 1024 || r.length !== 32 || signature.length !== SIGNATURE_BYTES) throw fail();
    return { header, r, signature };
  });
}

/** What Python's reader of UUIDs takes, so that both verifiers name a fault alike; only one spelling goes further. */
function isLooseUuid(text) {
  const digits = text.replace("urn:", "").replace("uuid:", "").replace(/^[{}]+|[{}]+$/g, "").replaceAll("-", "");
  return digits.length === 32 && /^[0-9a-fA-F](_?[0-9a-fA-F])*$/.test(digits);
}

/** Read the public half of an event: nine members in their one spelling. */
async function parseHeader(data) {
  const fail = (what) => malformed("header_malformed", `the header is not well-formed: ${what}`);
  const members = readObject(data, { bytesMax: 1024, depthMax: 1, nodesMax: 16 });
  if (Object.keys(members).sort().join(" ") !== HEADER_MEMBERS) throw fail("its members are not the nine of a header");
  const { body_hash: bodyHash, commitment, issuer, key, recorded_at: recordedAt, stream, subject, type, version } = members;
  if (typeof version !== "number" || version < 1) throw fail("version is not a place");
  if (![bodyHash, commitment, key, recordedAt, stream, type].every(isText)) throw fail("a member is not text");
  if (![issuer, subject].every((value) => value === null || isText(value))) throw fail("a member is not text");
  // What can be read and would be written otherwise is another fault than what cannot be read.
  const ids = [stream, issuer, subject].filter((value) => value !== null);
  for (const id of ids) {
    if (!isLooseUuid(id)) throw fail("an identifier is not a UUID");
  }
  const { moment, committed, hash } = await as((error) => fail(error.message), () => ({
    moment: parseTime(recordedAt), committed: base64Url(commitment), hash: base64Url(bodyHash),
  }));
  if (type.length > 80 || !/^[a-z]+(-[a-z]+)*\.v[1-9][0-9]{0,3}$/.test(type)) throw fail("type is not a name with a version");
  if (moment % SECOND !== 0n || committed.length !== 32 || hash.length !== 32) throw fail("a member has another length");
  const signer = await as(() => fail("key is not a Multikey"), () => parseMultikey(key));
  if (signer.kind !== "Ed25519") throw fail("key is not an Ed25519 key");
  if (!ids.every((id) => UUID.test(id)) || formatTime(moment) !== recordedAt || canonical(members) !== fromUtf8(data)) {
    throw malformed("header_not_canonical", "the header is not written in its one canonical form");
  }
  return { commitment: committed, issuer, key: signer, recordedAt: moment, stream, subject, type, version };
}

/** Return the header of the event that holds exactly this payload in a log of the policy. */
async function verifyReceipt(receipt, payload, logs) {
  // 1. The head is signed by a key of a log we believe. Everything below hangs from this.
  const { checkpoint, opening } = receipt;
  const own = logs.filter((log) => log.name === checkpoint.origin);
  await verifyHead(checkpoint, own);
  // 2. Without its opening a receipt proves that something is in the log, not what.
  if (opening === null) throw undetermined("receipt_opening_missing", "the receipt does not say what stands at its index");
  // 3. The ledger that keeps the log signed the header.
  const header = await parseHeader(opening.header);
  if (!own.some((log) => log.key.multikey === header.key.multikey)) {
    throw invalid("receipt_header_key", "the header is signed by another key than the log's");
  }
  await as(
    (error) => (error.kind === "invalid" ? invalid("receipt_header_signature", "the ledger's signature on the header is wrong") : error),
    () => verifyEd25519(header.key, opening.signature, opening.header),
  );
  // 4. The header commits to this payload and to no other.
  if (!equal(await hmacSha256(opening.r, payload), header.commitment)) {
    throw invalid("receipt_other_payload", "the receipt belongs to another document");
  }
  // 5. Header and signature are the entry at this index of this tree.
  const leaf = await leafHash(await sha256(opening.header, opening.signature));
  const root = await as(
    (error) => malformed("receipt_malformed", `the inclusion proof cannot be read: ${error.message}`),
    () => rootOf(receipt.index, checkpoint.size, leaf, receipt.proof),
  );
  if (!equal(root, checkpoint.root)) throw invalid("receipt_not_in_log", "the inclusion proof does not lead to the checkpoint");
  return header;
}

// ------------------------------------------------------------------------------------------- time that counts

/**
 * The time that counts of an event whose receipt and header have been verified, and whose word it is: the witnesses',
 * the operator's own cosigner's, or only the log's. It is a moment by which the event was there. Once the algorithm of
 * the log's own signatures is broken, only an older cosignature by another one saves them.
 */
async function timeOf(receipt, header, policy, at) {
  const { checkpoint } = receipt;
  const broken = brokenAt(policy, at);
  const notHere = () => undetermined("algorithm_not_here", "this program cannot check the cosignature that dates the receipt");
  // 1. Every cosignature of a cosigner we know, by an algorithm that holds.
  const nobody = { at: null, earliest: null, counted: [], wrong: [], isUnchecked: false };
  const quorum = policy.witnesses === null ? nobody : await evaluateQuorum(policy.witnesses, checkpoint, broken);
  const operator = await operatorTime(checkpoint, policy, broken);
  if (quorum.wrong.length > 0) throw invalid("cosignature_invalid", "a cosignature on the checkpoint is wrong");
  // 2. Nobody can sign over what was not there yet.
  for (const moment of [quorum.earliest, operator.at]) {
    if (moment !== null && header.recordedAt - moment > CLOCK_LEEWAY) {
      throw invalid("recorded_after_cosignature", "the header says that the event was recorded later than a cosignature over it");
    }
  }
  // 3. The best word there is.
  const logged = {
    at: header.recordedAt, source: "log", recordedAt: header.recordedAt, origin: checkpoint.origin, index: receipt.index,
    witnesses: quorum.counted, isUncertain: quorum.isUnchecked || (quorum.at === null && operator.at === null && operator.isUnchecked),
  };
  if (quorum.at !== null) Object.assign(logged, { at: quorum.at, source: "witnesses" });
  else if (operator.at !== null && !policy.requireWitnesses) Object.assign(logged, { at: operator.at, source: "operator" });
  // 4. Log and header are signed with Ed25519.
  if (broken.includes("Ed25519") && !isDatedBefore(logged, policy.sunsets.get("Ed25519"))) {
    if (logged.isUncertain) throw notHere();
    throw undetermined("algorithm_broken", "the log's signatures are of a broken algorithm, and no cosignature is older than that");
  }
  if (policy.requireWitnesses && logged.source !== "witnesses") {
    if (logged.isUncertain) throw notHere();
    throw undetermined("witnesses_missing", "too few of the policy's witnesses have cosigned the checkpoint");
  }
  return logged;
}

async function operatorTime(checkpoint, policy, broken) {
  const found = { at: null, isUnchecked: false };
  for (const key of policy.operatorCosigners) {
    if (broken.includes(key.kind)) continue;
    try {
      found.at = least([found.at, await cosignedAt(checkpoint, key)]);
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      if (error.kind !== "undetermined") throw invalid("cosignature_invalid", "the operator's cosignature on the checkpoint is wrong");
      found.isUnchecked = found.isUnchecked || error.code === "algorithm_not_here";
    }
  }
  return found;
}

/** Whether somebody other than the log itself dates an event before a moment. */
const isDatedBefore = (logged, moment) => logged.source !== "log" && logged.at < moment;
const brokenAt = (policy, at) => [...policy.sunsets.keys()].filter((name) => at >= policy.sunsets.get(name));

// ------------------------------------------------------------------------------------------- trust policies

const POLICY_BYTES_MAX = 4 * 1_048_576;
const ALGORITHMS = ["Ed25519", "P-256", "ML-DSA-44"];

/** Read leerspoor-policy.v1; null believes nobody. Whether its witnesses are wise ones is for the command line to say. */
async function parsePolicy(text) {
  const document = text === null ? {} : readObject(utf8(text), { bytesMax: POLICY_BYTES_MAX, nodesMax: 200_000 });
  const fail = (where) => malformed("policy_malformed", `the policy does not have its shape at ${where}`);
  const isFlag = (value) => typeof value === "boolean";
  const isTexts = (value) => Array.isArray(value) && value.every(isText);
  const shape = {
    type: omittable((value) => value === "leerspoor-policy.v1"),
    issuers: omittable((value) => Array.isArray(value) && value.every((one) => closed(one, { id: filled(2048), name: optional(isText), keys: omittable(isTexts) }))),
    logs: omittable(isTexts), log_issuers: omittable(isFlag), require_receipt: omittable(isFlag), require_status: omittable(isFlag),
    witnesses: optional(isText), require_witnesses: omittable(isFlag), operator_cosigners: omittable(isTexts),
    sunsets: omittable((value) => isObject(value) && Object.keys(value).every((name) => ALGORITHMS.includes(name)) && Object.values(value).every(isText)),
    version: optional((value) => typeof value === "number" && value >= 1), expires: optional(isText),
  };
  const strange = Object.keys({ ...document, ...shape }).find((name) => !has(shape, name) || !shape[name](document[name]));
  if (strange !== undefined) throw fail(strange);
  const moment = (written) => as(() => fail("a moment"), () => {
    if (formatTime(parseTime(written)) !== written) throw fail("a moment");
    return parseTime(written);
  });
  const policy = {
    issuers: new Map(), logs: [], operatorCosigners: [], sunsets: new Map(),
    logIssuers: document.log_issuers ?? false,
    requireReceipt: document.require_receipt ?? false,
    requireStatus: document.require_status ?? true,
    requireWitnesses: document.require_witnesses ?? false,
    witnesses: isText(document.witnesses) ? await parseWitnessPolicy(document.witnesses) : null,
    expires: isText(document.expires) ? await moment(document.expires) : null,
  };
  for (const { id, name = null, keys = [] } of document.issuers ?? []) {
    if (policy.issuers.has(id)) throw fail("issuers");
    for (const key of keys) await as(() => fail("issuers"), () => parseMultikey(key));
    policy.issuers.set(id, { name, keys });
  }
  for (const key of document.logs ?? []) policy.logs.push(await parseLogKey(key));
  for (const key of document.operator_cosigners ?? []) policy.operatorCosigners.push(await parseWitnessKey(key));
  for (const [name, written] of Object.entries(document.sunsets ?? {})) policy.sunsets.set(name, await moment(written));
  const hasQuorum = policy.witnesses !== null && policy.witnesses.quorum !== "none";
  const cosigners = [...policy.operatorCosigners, ...(policy.witnesses?.witnesses.values() ?? [])].map((key) => hex(key.raw));
  if (policy.logIssuers && policy.logs.length === 0) throw fail("log_issuers");
  if (policy.requireWitnesses && !hasQuorum) throw fail("require_witnesses");
  if (new Set(cosigners).size !== cosigners.length) throw fail("operator_cosigners");
  return policy;
}

// ---------------------------------------------------------------------------------------- what a log records

const KEY_EVENT_BYTES_MAX = 65_536;
const KEY_EVENTS = {
  "organisation-registered.v1": "added",
  "organisation-key-added.v1": "added",
  "organisation-key-retired.v1": "retired",
  "organisation-key-compromised.v1": "compromised",
  "organisation-ceased.v1": "ceased",
};

/** Read the payload of an event that concerns keys; members that we do not know are left alone. */
async function parseKeyEvent(payload, type) {
  const is = has(KEY_EVENTS, type) ? KEY_EVENTS[type] : null;
  if (is === null) throw malformed("key_event_type", "the event does not concern a key of an organisation");
  return as((error) => malformed("key_event_malformed", `the key event cannot be read: ${error.message}`), () => {
    const members = readObject(payload, { bytesMax: KEY_EVENT_BYTES_MAX });
    const text = (name) => {
      if (!isText(members[name]) || members[name] === "") throw malformed("key_event_malformed", `${name} is missing or not text`);
      return members[name];
    };
    const textOrNull = (name) => (members[name] === undefined || members[name] === null ? null : text(name));
    const moment = (name) => parseTime(text(name));
    if (is === "ceased") {
      return { is, did: text("did"), at: moment("ceased_at"), reason: text("reason"), successor: textOrNull("successor"), archive: textOrNull("archive") };
    }
    const key = parseMultikey(text("key"));
    if (is === "retired") return { is, key, at: moment("valid_until"), reason: text("reason") };
    if (is === "compromised") return { is, key, at: moment("compromised_since"), reason: text("reason") };
    const event = { is, key, did: text("did"), method: text("verification_method"), at: moment("valid_from") };
    event.name = "name" in members ? text("name") : null;
    if (!event.method.startsWith(`${event.did}#`)) throw malformed("key_event_malformed", "the key is not named under its own DID");
    return event;
  });
}

/** One event of the organisation's own stream in a believed log, at a time that the policy accepts. */
async function proveKeyEvent({ payload, receipt: text }, policy, at) {
  const bytes = utf8(payload);
  const receipt = await parseReceipt(text);
  const header = await verifyReceipt(receipt, bytes, policy.logs);
  const event = await parseKeyEvent(bytes, header.type);
  if (header.issuer !== header.stream) throw invalid("key_event_stream", "the key event does not stand in its organisation's own stream");
  if (event.is === "added" && event.did.startsWith("did:key:") && parseDidKey(event.did).multikey !== event.key.multikey) {
    throw invalid("key_event_did", "the key event gives a did:key another key than its own");
  }
  return { ...event, stream: header.stream, logged: await timeOf(receipt, header, policy, at) };
}

/** From when on a key does not count, and where the log says so, when it did so for the present or the future. */
function makeEnd(at, { origin, index, recordedAt }) {
  // An end before its own event is a statement about earlier entries, so their order acquits nobody.
  return { at, place: recordedAt <= at ? { origin, index } : null };
}

/** Whether an entry was there before an end, by the clock or by the order of the log. */
function isBeforeEnd(logged, { at, place }) {
  return logged.at < at || (place !== null && logged.origin === place.origin && logged.index < place.index);
}

/** Without what is said of a DID that a log named earlier in the policy announces too: a second log speaks for more issuers. */
function byFirstLog(proven, policy) {
  const rankOf = ({ logged }) => policy.logs.findIndex((log) => log.name === logged.origin);
  const first = new Map();
  for (const event of proven) {
    if (event.is === "added") first.set(event.did, Math.min(rankOf(event), first.get(event.did) ?? Infinity));
  }
  const isOfDid = ({ is }) => is === "added" || is === "ceased";
  return proven.filter((event) => !isOfDid(event) || rankOf(event) === (first.get(event.did) ?? rankOf(event)));
}

/** What believed logs record: keys, names and ends by DID, and a check for every event that proved nothing. */
async function proveHistory(events, policy, at) {
  const [proven, faults, seen] = [[], [], new Set()];
  for (const event of events) {
    const spelling = JSON.stringify([event.payload, event.receipt]);
    if (seen.has(spelling)) continue;
    seen.add(spelling);
    try {
      proven.push(await proveKeyEvent(event, policy, at));
    } catch (error) {
      faults.push(error);
    }
  }
  const kept = byFirstLog(proven, policy);
  for (const event of proven) {
    if (!kept.includes(event)) faults.push(invalid("key_event_did", "the event is about a DID that a log named before its own announces"));
  }
  const [retired, compromised, ceased] = [new Map(), new Map(), new Map()];
  for (const event of kept) {
    const ofKey = event.key === undefined ? null : `${event.stream} ${event.key.multikey}`;
    const ofDid = `${event.stream} ${event.did}`;
    if (event.is === "retired") retired.set(ofKey, [...(retired.get(ofKey) ?? []), makeEnd(event.at, event.logged)]);
    if (event.is === "compromised") compromised.set(ofKey, least([compromised.get(ofKey) ?? null, event.at]));
    if (event.is === "ceased" && !(ceased.has(ofDid) && ceased.get(ofDid).at <= event.at)) ceased.set(ofDid, event);
  }
  const history = { keys: new Map(), names: new Map(), ceased: new Map() };
  const own = new Set();
  for (const { is, did, key, method, at: since, name, stream } of kept) {
    if (is !== "added") continue;
    const end = ceased.get(`${stream} ${did}`);
    own.add(`${stream} ${did}`);
    const ends = [...(retired.get(`${stream} ${key.multikey}`) ?? [])];
    // Times have whole seconds: what was signed within the last one was signed while the issuer was there.
    if (end !== undefined) ends.push(makeEnd(end.at < MOMENT_MAX - DAY ? end.at + SECOND : end.at, end.logged));
    // A did:key is its own key from the beginning, whenever it was recorded.
    const known = { key, method, source: "log", validFrom: did.startsWith("did:key:") ? null : since, ends };
    known.compromisedSince = compromised.get(`${stream} ${key.multikey}`) ?? null;
    history.keys.set(did, [...(history.keys.get(did) ?? []), known]);
    if (name !== null) history.names.set(did, name);
    if (end !== undefined) history.ceased.set(did, end);
  }
  for (const place of ceased.keys()) if (!own.has(place)) faults.push(invalid("key_event_did", "the event ends a DID that its stream does not have"));
  history.refused = faults.map((error, index) => checkOf("key", error, { required: false, detail: { event: String(index) } }));
  return history;
}

// ------------------------------------------------------------------------------------------ keys of issuers

/**
 * All that is known about keys: from events that a believed log proves, from did:key, and from the policy's pins.
 * Pins restrict; an issuer that is believed because a log records it has only the keys that the log records.
 */
class Keyring {
  constructor(policy, history, at) {
    Object.assign(this, { policy, recorded: history.keys, names: history.names, ceased: history.ceased, broken: brokenAt(policy, at) });
  }

  isRecorded(issuer) {
    return this.recorded.has(issuer);
  }

  /** The keys that a proof by this issuer may have been made with; `method` null when the proof names none. */
  find(issuer, method) {
    let found = this.resolve(issuer, method);
    const trusted = this.policy.issuers.get(issuer);
    if (trusted !== undefined && trusted.keys.length > 0) return this.pinned(trusted.keys, found, method, issuer);
    if (trusted === undefined && this.policy.logIssuers && this.isRecorded(issuer)) {
      const announced = this.recorded.get(issuer).map((known) => known.key.multikey);
      found = found.filter((known) => announced.includes(known.key.multikey));
      if (found.length === 0) throw undetermined("key_not_announced", "the key is not recorded in the log that we believe");
    }
    if (found.length === 0) throw undetermined("key_unknown", "the issuer's key could not be found");
    return found;
  }

  resolve(issuer, method) {
    const recorded = (this.recorded.get(issuer) ?? []).filter((known) => method === null || known.method === method);
    if (recorded.length > 0) return recorded;
    if (!issuer.startsWith("did:key:")) return [];
    const key = parseDidKey(issuer);
    const own = `${issuer}#${key.multikey}`;
    if (method !== null && method !== own) throw invalid("key_not_in_document", "the proof names a key that its did:key does not have");
    return [this.dated(key, own, "did:key", issuer)];
  }

  /** The ends that a log records for a key count for every source of it. */
  dated(key, method, source, issuer) {
    const same = (this.recorded.get(issuer) ?? []).filter((known) => known.key.multikey === key.multikey);
    const [ends, since] = [same.flatMap((known) => known.ends), least(same.map((known) => known.compromisedSince))];
    return { key, method, source, validFrom: null, ends, compromisedSince: since };
  }

  pinned(pins, found, method, issuer) {
    if (found.length > 0) {
      const kept = found.filter((known) => pins.includes(known.key.multikey));
      if (kept.length === 0) throw undetermined("key_not_pinned", "the policy pins other keys for this issuer");
      return kept;
    }
    const named = pins.filter((pin) => method !== null && method.endsWith(`#${pin}`));
    return (named.length > 0 ? named : pins).map((pin) => this.dated(parseMultikey(pin), method, "policy", issuer));
  }
}

const KEY_MESSAGES = {
  algorithm_not_here: "The issuer's key has ended, and this program cannot check the cosignature that says what was before.",
  key_compromised: "The credential was signed after others may have got hold of the issuer's key.",
  key_not_yet_valid: "The credential was recorded before the issuer's key was.",
  key_valid: "The key belongs to the issuer and is in use.",
  key_retired: "The credential was signed after the issuer's key had ended.",
  key_time_unknown: "The issuer's key has ended, and nothing proves that the credential is older.",
  key_valid_when_recorded: "The issuer's key has ended since; the credential was recorded before that.",
};
const endOf = (known) => least(known.ends.map((end) => end.at));

/** Whether a key counted at the moment that counts. What a signer claims can condemn, never acquit. */
function checkKey(known, logged, signedAt, at) {
  const [verdict, code] = judgeKey(known, logged, signedAt, at);
  const detail = { source: known.source, key: known.key.multikey };
  if (known.method !== null) detail.verification_method = known.method;
  if (endOf(known) !== null) detail.valid_until = formatTime(endOf(known));
  if (known.compromisedSince !== null) detail.compromised_since = formatTime(known.compromisedSince);
  return makeCheck("key", verdict, code, KEY_MESSAGES[code], true, detail);
}

function judgeKey(known, logged, signedAt, at) {
  // 1. Recorded before the log knew the key: somebody else may have held the name then.
  if (known.validFrom !== null && logged !== null && logged.recordedAt < known.validFrom) return ["undetermined", "key_not_yet_valid"];
  // 2. A key in use is good: whoever signs with it today is the issuer.
  const [since, end] = [known.compromisedSince, endOf(known)];
  if ((since === null || at < since) && (end === null || at < end)) return ["valid", "key_valid"];
  // 3. Without a log's word only a claim is left; it can condemn.
  if (logged === null) {
    if (since !== null && signedAt !== null && signedAt >= since) return ["invalid", "key_compromised"];
    if (end !== null && signedAt !== null && signedAt >= end) return ["invalid", "key_retired"];
    return ["undetermined", "key_time_unknown"];
  }
  if (logged.isUncertain) return ["undetermined", "algorithm_not_here"];
  // 4. What a thief may have signed is never acquitted by its place: only by a time before the theft.
  if (since !== null && logged.at >= since) return ["invalid", "key_compromised"];
  // 5. A retired key is good for what a log held before its end.
  if (!known.ends.every((one) => isBeforeEnd(logged, one))) return ["invalid", "key_retired"];
  return ["valid", "key_valid_when_recorded"];
}

// --------------------------------------------------------------------------------------------------- proofs

// VC Data Integrity 1.0 §2.1, §4; DI EdDSA Cryptosuites 1.0 §3.3.
const CLOCK_LEEWAY = 60n * SECOND;
const PROOFS_MAX = 16;
const PROOF_TEXT_CHARACTERS_MAX = 2048;
const SUITES = { "eddsa-rdfc-2022": "Ed25519", "eddsa-jcs-2022": "Ed25519", "ecdsa-rdfc-2019": "P-256" };
const PROOF_MEMBERS = [
  "@context", "challenge", "created", "cryptosuite", "domain", "expires", "id", "nonce",
  "previousProof", "proofPurpose", "proofValue", "type", "verificationMethod",
];

/** Read one proof: its kind, its times, its 64 bytes. */
function parseProof(value) {
  const fail = (what) => malformed("proof_malformed", what);
  if (!isObject(value)) throw fail("a proof is not an object");
  const text = (name) => {
    if (!isText(value[name]) || value[name] === "" || isLonger(value[name], PROOF_TEXT_CHARACTERS_MAX)) {
      throw fail(`${name} of a proof is missing, too long or not text`);
    }
    return value[name];
  };
  const moment = (name) => {
    if (!(name in value)) return null;
    const written = text(name);
    try {
      return parseTime(written);
    } catch {
      throw fail(`${name} of a proof is not a moment`);
    }
  };
  if (text("type") !== "DataIntegrityProof") throw undetermined("proof_type_unknown", "a proof is of a type we cannot check");
  const suite = text("cryptosuite");
  if (!has(SUITES, suite)) throw undetermined("cryptosuite_unknown", "a proof uses a cryptosuite we cannot check");
  if (!Object.keys(value).every((name) => PROOF_MEMBERS.includes(name))) throw fail("a proof has a member that no proof has");
  const proof = { raw: value, suite, method: text("verificationMethod"), purpose: text("proofPurpose") };
  const spelled = text("proofValue");
  try {
    proof.signature = multibase(spelled);
  } catch (error) {
    throw malformed("proof_value_malformed", `proofValue cannot be read: ${error.message}`);
  }
  if (proof.signature.length !== SIGNATURE_BYTES || `z${toBase58(proof.signature)}` !== spelled) {
    throw malformed("proof_value_malformed", "proofValue is not base58btc of 64 bytes");
  }
  Object.assign(proof, { created: moment("created"), expires: moment("expires") });
  if ("id" in value) text("id");
  const previous = listed(value.previousProof);
  if (new Set(previous).size !== previous.length || !previous.every((id) => isText(id) && !isLonger(id, PROOF_TEXT_CHARACTERS_MAX))) {
    throw fail("previousProof is not an id or a list of different ids");
  }
  return proof;
}

/** One value and an array of values alike; nothing is an empty list. */
const listed = (value) => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);

/** The proofs of a document, in the order of the text. */
function detachProofs(document) {
  const proofs = listed(document.proof);
  if (proofs.length === 0) throw malformed("proof_missing", "the document has no proof");
  if (proofs.length > PROOFS_MAX) throw malformed("proof_too_many", "the document has too many proofs");
  const ids = proofs.filter((proof) => isObject(proof) && isText(proof.id)).map((proof) => proof.id);
  if (new Set(proofs.map(canonical)).size !== proofs.length || new Set(ids).size !== ids.length) {
    throw invalid("proof_duplicate", "the document has the same proof, or the same proof id, twice");
  }
  return proofs;
}

/** The proofs that one was made over: those of its `previousProof`, which must lead nowhere back. */
function coveredBy(proofs, position) {
  const byId = new Map(proofs.flatMap((proof, index) => (isObject(proof) && "id" in proof ? [[String(proof.id), index]] : [])));
  const named = (index) => (isObject(proofs[index]) ? listed(proofs[index].previousProof) : []).map((name) => {
    const found = isText(name) ? byId.get(name) : undefined;
    if (found === undefined) throw invalid("proof_previous_missing", "a proof was made over another proof that is not there");
    return found;
  });
  const direct = named(position);
  const [visited, waiting] = [new Set(), [...direct]];
  while (waiting.length > 0) {
    const index = waiting.pop();
    if (index === position) throw invalid("proof_previous_cycle", "a proof was made over itself, by way of previousProof");
    if (!visited.has(index)) {
      visited.add(index);
      waiting.push(...named(index));
    }
  }
  return direct.map((index) => proofs[index]);
}

/**
 * Every proof of a credential, each judged by itself. At least one good proof by the issuer's own key is needed, and
 * none of the issuer's may be bad. An RDF proof of the issuer cannot be checked here; it decides only where no JCS
 * proof of the issuer does.
 */
async function checkProofs(credential, keyring, at, logged) {
  let proofs = null;
  try {
    proofs = detachProofs(credential.secured);
  } catch (error) {
    return { checks: [checkOf("proof", error)], keys: [], signedAt: null, keyErrors: [] };
  }
  const outcomes = [];
  for (let position = 0; position < proofs.length; position += 1) outcomes.push(await checkProof(credential, proofs, position, keyring, at, logged));
  const own = outcomes.filter((outcome) => outcome.byIssuer);
  if (own.some((outcome) => outcome.check.verdict === "valid")) {
    for (const { check } of own) if (check.code === "proof_not_checked_here") check.required = false;
  }
  const checks = outcomes.map((outcome) => outcome.check);
  if (own.length === 0) checks.push(makeCheck("proof", "invalid", "proof_of_issuer_missing", "None of the proofs was made by the issuer."));
  const spelling = ({ key, ...known }) => JSON.stringify([key.multikey, known], (_, value) => (typeof value === "bigint" ? String(value) : value));
  const keys = new Map(own.filter(({ key }) => key !== null).map(({ key }) => [spelling(key), key]));
  return {
    checks,
    keys: [...keys.values()],
    signedAt: least(own.map((outcome) => outcome.created)),
    keyErrors: own.filter(({ keyError }) => keyError !== null).map(({ keyError }) => keyError),
  };
}

async function checkProof(credential, proofs, position, keyring, at, logged) {
  const raw = proofs[position];
  const named = isObject(raw) && isText(raw.verificationMethod) ? raw.verificationMethod : null;
  const author = named === null ? null : named.split("#")[0];
  const byIssuer = isIssuer(author, credential.issuerId, keyring);
  const detail = { proof: String(position), by: byIssuer ? "issuer" : "other" };
  if (isObject(raw) && isText(raw.cryptosuite)) detail.cryptosuite = raw.cryptosuite.slice(0, PROOF_TEXT_CHARACTERS_MAX);
  if (named !== null) detail.verification_method = named.slice(0, PROOF_TEXT_CHARACTERS_MAX);
  // A proof that names no signer at all is a broken part of this document, not somebody else's proof.
  const required = byIssuer || author === null;
  const outcome = { byIssuer, key: null, created: null, keyError: null };
  try {
    // 1. A proof of a kind that we know, made for stating something, at a time that can be.
    const proof = parseProof(raw);
    outcome.created = proof.created;
    checkPurposeAndTime(proof, at);
    // 2. What it was made over: the document, or the document with the proofs it names.
    const previous = coveredBy(proofs, position);
    const document = previous.length === 0 ? credential.document : Object.assign(without(credential.document), { proof: previous });
    // 3. The keys of its author, wherever they are authentic.
    const method = byIssuer && !proof.method.startsWith(`${credential.issuerId}#`) ? null : proof.method;
    let candidates = null;
    try {
      candidates = keyring.find(!byIssuer && author !== null && author !== "" ? author : credential.issuerId ?? "", method);
    } catch (error) {
      outcome.keyError = error;
      throw error;
    }
    // 4. The signature.
    const known = await verifyProof(document, proof, candidates);
    // 5. Whether a signature of this kind still proves anything: that it could be forged does not show that it was.
    if (keyring.broken.includes(known.key.kind) && !(logged !== null && isDatedBefore(logged, keyring.policy.sunsets.get(known.key.kind)))) {
      throw undetermined("algorithm_broken", "the signature is of a broken algorithm, and nothing dates it before that");
    }
    outcome.key = known;
  } catch (error) {
    return { ...outcome, check: checkOf("proof", error, { required, detail }) };
  }
  const message = byIssuer ? "The proof by the issuer is good." : "A proof by someone else is good.";
  return { ...outcome, check: makeCheck("proof", "valid", "proof_valid", message, required, detail) };
}

function checkPurposeAndTime(proof, at) {
  if (proof.purpose !== "assertionMethod") throw invalid("proof_purpose", "the proof was made for another purpose");
  if (proof.created !== null && proof.created - at > CLOCK_LEEWAY) {
    throw invalid("proof_not_yet_made", "the proof says that it was made later than this verification");
  }
  if (proof.expires !== null && proof.expires <= at) throw invalid("proof_expired", "the proof has expired");
}

async function verifyProof(document, proof, candidates) {
  let first = null;
  for (const known of candidates) {
    try {
      // The key decides; a suite of the other kind is refused before any hashing.
      if (SUITES[proof.suite] !== known.key.kind) throw invalid("cryptosuite_key", "the cryptosuite of the proof is for another kind of key");
      if ("@context" in proof.raw && canonical(proof.raw["@context"]) !== canonical(document["@context"] ?? null)) {
        throw invalid("proof_context", "the proof was made for other contexts than the document has");
      }
      if (proof.suite !== "eddsa-jcs-2022") throw undetermined("proof_not_checked_here", "this program does not check RDF proofs");
      const options = utf8(canonical(without(proof.raw, "proofValue")));
      const toCheck = join(await sha256(options), await sha256(utf8(canonical(document))));
      await verifyEd25519(known.key, proof.signature, toCheck);
      return known;
    } catch (error) {
      if (!(error instanceof Finding) || error.kind !== "invalid") throw error;
      first = first ?? error;
    }
  }
  throw first ?? invalid("signature_invalid", "no key of the issuer fits the proof");
}

function isIssuer(author, issuer, keyring) {
  if (author === null || issuer === null) return false;
  if (author === issuer) return true;
  // An issuer whose id is a URL signs with a did:key: the issuer's own when the policy pins that key.
  const pins = keyring.policy.issuers.get(issuer)?.keys ?? [];
  try {
    return pins.includes(parseDidKey(author).multikey);
  } catch {
    return false;
  }
}

// ---------------------------------------------------------------------------------- dates of status lists

const STATUS_EVENT = "status-lists-published.v1";

/** Read the payload of an event by which an organisation's lists were published: two hashes by address. */
async function parseStatusEvent(payload) {
  return as((error) => malformed("status_event_malformed", `the event cannot be read: ${error.message}`), () => {
    const fail = () => malformed("status_event_malformed", "the event does not name the lists of one organisation");
    const { lists } = readObject(payload, { bytesMax: KEY_EVENT_BYTES_MAX });
    if (!Array.isArray(lists) || lists.length === 0) throw fail();
    const found = new Map();
    for (const entry of lists) {
      const { url, sha256: document, jwt_sha256: token } = isObject(entry) ? entry : {};
      if (!isText(url) || !isText(document) || !isText(token) || !url.includes("/status/") || found.has(url)) throw fail();
      const hashes = [base64Url(document), base64Url(token)];
      if (hashes.some((hash) => hash.length !== 32)) throw fail();
      found.set(url, hashes);
    }
    const owners = new Set([...found.keys()].map((url) => url.slice(0, url.lastIndexOf("/status/"))));
    if (owners.size !== 1) throw fail();
    return found;
  });
}

/** The stream that content names: the start of its SHA-256 as UUID version 8 (RFC 9562 §5.8). */
async function streamOf(payload) {
  const id = (await sha256(payload)).slice(0, 16);
  id[6] = (id[6] & 0x0f) | 0x80;
  id[8] = (id[8] & 0x3f) | 0x80;
  return hex(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * Since when the lists at hand were there: an event of a believed log dates those whose address and exact bytes it holds.
 * Under a cosignature of before the end of an algorithm, these bytes were there while nobody could forge them.
 */
async function proveStatusDates(events, texts, policy, at) {
  const dates = { logged: new Map(), refused: [], isUnchecked: false };
  const [faults, seen, hashes] = [[], new Set(), new Map()];
  // Each list is hashed once, however many events a stranger's file holds.
  if (events.length > 0) for (const url of Object.keys(texts)) hashes.set(url, await sha256(utf8(texts[url])));
  for (const { payload, receipt: text } of events) {
    const spelling = JSON.stringify([payload, text]);
    if (seen.has(spelling)) continue;
    seen.add(spelling);
    try {
      const bytes = utf8(payload);
      const receipt = await parseReceipt(text);
      const header = await verifyReceipt(receipt, bytes, policy.logs);
      if (header.type !== STATUS_EVENT) throw malformed("status_event_type", "the event does not publish status lists");
      const event = await parseStatusEvent(bytes);
      if (header.issuer !== null || header.subject !== null || header.stream !== await streamOf(bytes)) {
        throw invalid("status_event_stream", "the event does not stand in the stream that its content names");
      }
      const logged = await timeOf(receipt, header, policy, at);
      const named = [...event.keys()].filter((url) => hashes.has(url));
      if (named.length === 0) throw undetermined("status_event_other_list", "the event is about none of the lists at hand");
      const dated = named.filter((url) => event.get(url).some((own) => equal(own, hashes.get(url))));
      if (dated.length === 0) throw undetermined("status_event_other_hash", "the event holds other lists than those at hand");
      for (const url of dated) if (isBetterDate(logged, dates.logged.get(url))) dates.logged.set(url, logged);
    } catch (error) {
      faults.push(error);
    }
  }
  dates.isUnchecked = faults.some(({ code }) => code === "algorithm_not_here");
  dates.refused = faults.map((error, index) => checkOf("status", error, { required: false, detail: { event: String(index) } }));
  return dates;
}

/** What somebody else than the log says comes first; of several, the earliest time. */
function isBetterDate(one, other) {
  if (other === undefined || (one.source === "log") !== (other.source === "log")) return other === undefined || other.source === "log";
  return one.at < other.at;
}

// --------------------------------------------------------------------------------------------- status lists

// Bitstring Status List 1.0 §2, §3.2. Index 0 is the most significant bit of the first byte.
const BITS_MIN = 131_072;
const BITS_MAX = 16 * 1_048_576 * 8;
const LIST_BYTES_MAX = 4 * 1_048_576;
const TTL_MAX = 366n * DAY;
const CLAIMED_AGE_MAX = 31n * DAY;
const DEFLATE_RATIO_MAX = 1032; // 258 bytes from two bits

function parseEntry(value) {
  if (!isObject(value)) throw malformed("status_entry_malformed", "a status entry is not an object");
  if (value.type !== "BitstringStatusListEntry") throw undetermined("status_type_unknown", "the credential has a kind of status we cannot check");
  const { id, statusPurpose: purpose, statusListIndex: index, statusListCredential: list } = value;
  const size = "statusSize" in value ? value.statusSize : 1;
  if (
    !isText(purpose) || !isText(index) || !/^(0|[1-9][0-9]{0,15})$/.test(index) || !isText(list) || list === ""
    || isLonger(list, 2048) || id === list || typeof size !== "number" || size < 1
  ) throw malformed("status_entry_malformed", "a status entry lacks purpose, index or list, or spells one wrong");
  const decides = purpose === "revocation" || purpose === "suspension";
  if (size !== 1 && decides) throw undetermined("status_size_unknown", "the status has more than one bit, which we cannot read");
  return { purpose, index: Number(index), list, decides };
}

/** Expand a list, and never further than the size with which gzip ends (RFC 1952 §2.3.1), nor beyond the cap. */
async function inflate(compressed) {
  const broken = (what) => malformed("status_list_malformed", what);
  const claimed = compressed.slice(-4).reduceRight((size, byte) => size * 256 + byte, 0);
  if (claimed > DEFLATE_RATIO_MAX * compressed.length) throw broken("the encoded list claims more than gzip can hold");
  if (claimed * 8 > BITS_MAX) throw malformed("status_list_too_large", "the status list is too large");
  const reader = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const bits = new Uint8Array(claimed);
  for (let length = 0; ; ) {
    const { done, value } = await reader.read().catch(() => {
      throw broken("the encoded list is not gzip, or is cut off");
    });
    if (done && length === claimed) return bits;
    if (done || length + value.length > claimed) {
      reader.cancel().catch(() => {});
      throw broken("the encoded list is cut off, or more than it says");
    }
    bits.set(value, length);
    length += value.length;
  }
}

async function parseList(document) {
  const fail = (what) => malformed("status_list_malformed", what);
  const { credentialSubject: subject, type, id } = document;
  if (!isObject(subject) || !Array.isArray(type) || !type.includes("BitstringStatusListCredential")) throw fail("the document is not a status list credential");
  const { encodedList: encoded, statusPurpose: purpose, ttl = null } = subject;
  const purposes = Array.isArray(purpose) ? purpose : [purpose];
  if (
    subject.type !== "BitstringStatusList" || !isText(encoded) || purposes.length === 0 || !purposes.every(isText)
    || !(ttl === null || (typeof ttl === "number" && ttl >= 0))
  ) throw fail("the status list lacks type, purpose or list, or spells one wrong");
  if (!encoded.startsWith("u")) throw fail("the encoded list is not multibase base64url");
  if (encoded.length > LIST_BYTES_MAX) throw malformed("status_list_too_large", "the encoded list is too long");
  const compressed = await as(() => fail("the encoded list is not base64url"), () => base64Url(encoded.slice(1)));
  const bits = await inflate(compressed);
  if (bits.length * 8 < BITS_MIN) throw malformed("status_list_too_short", "the status list is too short");
  const life = ttl === null ? null : BigInt(ttl) * 1000n;
  return { url: isText(id) ? id : null, purposes, bits, ttl: life !== null && life > TTL_MAX ? TTL_MAX : life };
}

/**
 * The lists in a bundle; each is verified once for a moment. One could be an old one kept on purpose, so it must say how
 * long it holds and is not believed for long. An issuer that ceased publishes no more lists: the one that held at that moment is the last known status.
 * A list that a believed log holds is judged by the log's time, so that it counts beyond the end of its key or algorithm.
 */
class StatusLists {
  constructor(keyring, texts, dates, at) {
    Object.assign(this, { keyring, texts, dates, at, read: new Map() });
  }

  async check(value, issuer, ceasedAt) {
    const required = this.keyring.policy.requireStatus;
    const detail = {};
    try {
      const entry = parseEntry(value);
      Object.assign(detail, { purpose: entry.purpose, list: entry.list, index: String(entry.index) });
      if (!entry.decides) {
        return makeCheck("status", "undetermined", "status_not_deciding", "The credential has a status that does not decide about its validity.", false, detail);
      }
      const [found, frozen] = await this.currentOrLast(entry.list, ceasedAt);
      if (found.since !== null) detail.list_of = formatTime(found.since);
      if (found.logged !== null) Object.assign(detail, { logged_at: formatTime(found.logged.at), time_source: found.logged.source });
      if (found.issuer !== issuer) throw undetermined("status_issuer_other", "the status list is by another issuer than the credential");
      if (!found.purposes.includes(entry.purpose)) throw undetermined("status_purpose_other", "the status list is for another purpose than its entry");
      if (entry.index >= found.bits.length * 8) throw invalid("status_index_range", "the status index lies outside the list");
      const isSet = (found.bits[Math.floor(entry.index / 8)] & (0x80 >> (entry.index % 8))) !== 0;
      if (!isSet && frozen) return makeCheck("status", "valid", "status_frozen", `The issuer has ceased; its last status list shows no ${entry.purpose}.`, required, detail);
      if (!isSet) return makeCheck("status", "valid", "status_clear", `The status list shows no ${entry.purpose}.`, required, detail);
      return entry.purpose === "revocation"
        ? makeCheck("status", "invalid", "status_revoked", "The issuer has revoked the credential.", true, detail)
        : makeCheck("status", "invalid", "status_suspended", "The issuer has suspended the credential.", true, detail);
    } catch (error) {
      return checkOf("status", error, { required: error.kind === "undetermined" ? required : true, detail });
    }
  }

  async currentOrLast(url, ceasedAt) {
    try {
      return [await this.list(url, this.at), false];
    } catch (now) {
      if (!(now instanceof Finding) || now.kind !== "undetermined" || ceasedAt === null || ceasedAt > this.at) throw now;
      return [await as((then) => (then.code === "algorithm_not_here" ? then : now), () => this.list(url, ceasedAt)), true];
    }
  }

  async list(url, moment) {
    const place = `${moment} ${url}`;
    if (!this.read.has(place)) {
      try {
        this.read.set(place, await this.open(url, moment));
      } catch (error) {
        if (!(error instanceof Finding)) throw error;
        this.read.set(place, error);
      }
    }
    const found = this.read.get(place);
    if (found instanceof Finding) throw found;
    return found;
  }

  async open(url, moment) {
    if (!has(this.texts, url)) throw undetermined("status_unavailable", "the status list is not at hand");
    const unreadable = (error) => undetermined("status_list_unreadable", `the status list cannot be read: ${error.message}`);
    const { credential, content, since, until } = await as(unreadable, async () => {
      const credential = parseCredential(utf8(this.texts[url]), LIST_BYTES_MAX);
      const content = await parseList(credential.document);
      checkShape(credential);
      const momentOrNull = (name) => (isText(credential.document[name]) ? parseTime(credential.document[name]) : null);
      const [since, until] = [momentOrNull("validFrom"), momentOrNull("validUntil")];
      return { credential, content, since, until: until ?? after(since, content.ttl) };
    });
    checkAge(since, until, moment);
    const logged = this.dates.logged.get(url) ?? null;
    await this.checkSignature(credential, moment, logged);
    // The id ties the content to the address.
    if (content.url !== url) throw undetermined("status_list_other", "the status list at hand is another one");
    return { ...content, issuer: credential.issuerId ?? "", since, logged };
  }

  async checkSignature(credential, moment, logged) {
    const proofs = await checkProofs(credential, this.keyring, moment, logged);
    // With a key that is stolen by now a list may be dated back to any moment at which all was well.
    const whenOf = ({ compromisedSince: since }) => (since === null || since > this.at ? moment : this.at);
    const checks = [...proofs.checks, ...proofs.keys.map((known) => checkKey(known, logged, proofs.signedAt, whenOf(known)))];
    if (decide(checks) === "valid") return;
    // What dates the list may be a cosignature that this browser cannot check.
    const isOpen = checks.every(({ verdict, required }) => !required || verdict !== "invalid");
    if (isOpen && (this.dates.isUnchecked || logged?.isUncertain)) throw undetermined("algorithm_not_here", "this browser cannot check what dates the status list");
    throw undetermined("status_list_unverified", "the status list's own proof is not good");
  }
}

/** A moment and what follows it, or null where there is none on the calendar. */
const after = (moment, span) => (moment === null || span === null || moment + span > MOMENT_MAX ? null : moment + span);

function checkAge(since, until, moment) {
  if (since !== null && since > moment) throw undetermined("status_too_new", "the status list is of a later moment than this verification");
  if (since === null || until === null) throw undetermined("status_stale", "the status list does not say how long it holds");
  if (least([until, after(since, CLAIMED_AGE_MAX)]) <= moment) throw undetermined("status_stale", "the status list is no longer current");
}

// ---------------------------------------------------------------------------------------------------- shape

// The members of VC 2.0 §4 and Open Badges 3.0 §B that `schemas.credential` names; other members are the contexts' business.
const isIri = (value) => isText(value) && !isLonger(value, 2048) && /^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>"{}|\\^`]+$/u.test(value);
const isMoment = (value) => isText(value) && value.length <= 64 && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(value);
const isString = (value) => isText(value) && !isLonger(value, 65_536);
const one = (value) => (Array.isArray(value) ? value : [value]);
const isTypes = (value) => one(value).length >= 1 && one(value).length <= 32 && one(value).every(isString);
const each = (is, max = 1000) => (value) => one(value).length <= max && one(value).every(is);
const or = (...kinds) => (value) => kinds.some((is) => is(value));
const optional = (is) => (value) => value === undefined || value === null || is(value);
const omittable = (is) => (value) => value === undefined || is(value);
const node = (members) => (value) => isObject(value) && Object.entries(members).every(([name, is]) => is(value[name]));
const isLanguageValue = (value) => node({ "@value": isString, "@language": optional(isString), "@direction": optional(isString) })(value)
  && Object.keys(value).every((name) => ["@value", "@language", "@direction"].includes(name));
const isNamed = or(isString, isLanguageValue, (value) => Array.isArray(value) && value.every(isLanguageValue));
const isProfile = node({ id: isIri, type: optional(isTypes), name: optional(isNamed), url: optional(isIri) });
const isAlignment = node({ type: optional(isTypes), targetName: isString, targetUrl: isIri, targetCode: optional(isString), targetFramework: optional(isString) });
const isResultDescription = node({ id: isIri, type: isTypes, name: isString, resultType: isString });
const isResult = node({ type: isTypes, resultDescription: optional(isIri), value: optional(isString), status: optional(isString) });
const isAchievement = node({
  id: isIri, type: isTypes, name: isNamed, description: isNamed, criteria: node({ id: optional(isIri), narrative: optional(isString) }),
  achievementType: optional(isString), alignment: omittable(each(isAlignment)), resultDescription: omittable(each(isResultDescription)),
});
const isSubject = node({ id: optional(isIri), type: optional(isTypes) });
const CREDENTIAL_SHAPE = {
  "@context": (value) => value !== undefined && one(value).length >= 1 && one(value).length <= 16,
  id: optional(isIri), type: isTypes, issuer: or(isIri, isProfile), name: optional(isNamed), description: optional(isNamed),
  validFrom: optional(isMoment), validUntil: optional(isMoment), awardedDate: optional(isMoment),
  credentialSubject: or(isSubject, (value) => Array.isArray(value) && value.length >= 1 && value.length <= 1000 && value.every(isSubject)),
  credentialStatus: omittable(each(node({ id: optional(isIri), type: isTypes }), 32)),
};
const BADGE_SHAPE = {
  ...CREDENTIAL_SHAPE, id: isIri, name: isNamed, validFrom: isMoment,
  credentialSubject: node({ id: optional(isIri), type: isTypes, achievement: isAchievement, result: omittable(each(isResult)) }),
};

function checkShape(credential) {
  const { document } = credential;
  const names = one(document.type);
  const shape = names.some((name) => name === "AchievementCredential" || name === "OpenBadgeCredential") ? BADGE_SHAPE : CREDENTIAL_SHAPE;
  if (!names.includes("VerifiableCredential") || !node(shape)(document)) {
    throw invalid("schema_invalid", "the document does not have the shape of a credential");
  }
  if (credential.issuerId === null) throw invalid("issuer_missing", "the credential does not name its issuer");
  const [since, until] = ["validFrom", "validUntil", "awardedDate"].map((name) => momentOf(document, name));
  if (since !== null && until !== null && until < since) throw invalid("validity_reversed", "the credential ends before it begins");
}

function momentOf(document, name) {
  const value = document[name];
  if (value === undefined || value === null) return null;
  try {
    return parseTime(isText(value) ? value : "");
  } catch {
    throw invalid("credential_time", `${name} of the credential is not a moment`);
  }
}

// ---------------------------------------------------------------------------------------------------- files

const BUNDLE_BYTES_MAX = 16 * 1_048_576;
const WHITE = [0x20, 0x09, 0x0d, 0x0a];

function trim(bytes) {
  let [start, end] = [0, bytes.length];
  while (start < end && WHITE.includes(bytes[start])) start += 1;
  while (end > start && WHITE.includes(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

/** A text of VC 2.0, which may carry a language: plain, as an object, or the first of several. */
function plainText(value) {
  const first = Array.isArray(value) && value.length > 0 ? value[0] : value;
  const text = isObject(first) ? first["@value"] : first;
  return isText(text) ? text : null;
}

/** Read a credential with embedded proofs; a token is a credential too, which this program cannot check. */
function parseCredential(bytes, bytesMax = JSON_BYTES_MAX) {
  const raw = trim(bytes);
  if (raw[0] !== 0x7b) {
    if (raw.filter((byte) => byte === 0x2e).length === 2) throw undetermined("token_not_checked_here", "this program does not check tokens");
    throw malformed("not_a_credential", "the data is neither a JSON object nor a compact token");
  }
  const secured = readObject(raw, { bytesMax });
  const document = without(secured, "proof");
  const types = one(document.type).filter(isText);
  if (types.some((type) => type === "VerifiablePresentation" || type === "EnvelopedVerifiablePresentation")) {
    throw malformed("presentation_refused", "the document is a presentation, not a credential");
  }
  if (types.includes("EnvelopedVerifiableCredential") || (isText(document.id) && document.id.toLowerCase().startsWith("data:"))) {
    throw malformed("envelope_refused", "the document wraps a credential instead of being one");
  }
  if (!["@context", "vc", "vp"].some((name) => name in document)) throw malformed("not_a_credential", "the document has no context");
  const { issuer, credentialSubject: subject } = document;
  const id = isObject(issuer) ? issuer.id : issuer;
  const achievement = isObject(subject) && isObject(subject.achievement) ? subject.achievement : {};
  return {
    raw, secured, document, types,
    issuerId: isText(id) && id !== "" && !isLonger(id, 2048) ? id : null,
    issuerName: isObject(issuer) ? plainText(issuer.name) : null,
    name: plainText(document.name) || plainText(achievement.name),
  };
}

const BUNDLE_SHAPE = {
  created: (value) => isText(value) && !isLonger(value, 64),
  items: (value) => Array.isArray(value) && value.length >= 1 && value.length <= 1000 && value.every(isBundleItem),
  keys: omittable((value) => Array.isArray(value) && value.length <= 1000 && value.every(isBundleKey)),
  did_documents: omittable(texts(256, 262_144)),
  status_lists: omittable(texts(1000, 4_194_304)),
  status_events: omittable((value) => Array.isArray(value) && value.length <= 1000 && value.every(isBundleKey)),
  log: optional((value) => closed(value, { origin: filled(255), vkey: filled(512) })),
  contexts: omittable(texts(32, 262_144)),
  policy: optional((value) => isText(value) && !isLonger(value, 1_048_576)),
  about: optional((value) => closed(value, { nl: filled(32_768), en: filled(32_768) })),
};
function filled(max) {
  return (value) => isText(value) && value !== "" && !isLonger(value, max);
}
function texts(countMax, charactersMax) {
  return (value) => isObject(value) && Object.keys(value).length <= countMax && Object.keys(value).every(filled(2048))
    && Object.values(value).every((text) => isText(text) && !isLonger(text, charactersMax));
}
function closed(value, members) {
  return node(members)(value) && Object.keys(value).every((name) => has(members, name));
}
function isReceiptText(value) {
  return isText(value) && !isLonger(value, 262_144);
}
function isBundleItem(value) {
  const isMediaType = (type) => type === "application/vc" || type === "application/vc+jwt";
  return closed(value, { credential: filled(1_048_576), media_type: isMediaType, receipt: optional(isReceiptText) });
}
/** An event with its receipt: about keys, or by which status lists were published. */
function isBundleKey(value) {
  return closed(value, { payload: filled(65_536), receipt: isReceiptText });
}

function readBundle(document) {
  if (document.type !== "leerspoor-bundle.v1") throw malformed("bundle_version", "the bundle is of a version that we do not know");
  const fail = () => malformed("bundle_malformed", "the bundle does not have its shape");
  if (!closed(without(document, "type"), BUNDLE_SHAPE)) throw fail();
  try {
    parseTime(document.created);
  } catch {
    throw fail();
  }
  return { items: document.items, keys: document.keys ?? [], statusLists: document.status_lists ?? {}, statusEvents: document.status_events ?? [] };
}

const PAGE_START = "<!doctype html>";
const PAGE_BYTES_MAX = BUNDLE_BYTES_MAX + 2 * 1_048_576;
// In pieces, because this file stands in such a page itself and must neither look like its bundle nor end its script.
const PAGE_ELEMENT = ["<script", 'type="application/json"', 'id="leerspoor-bundle">'].join(" ");
const PAGE_END = ["<", "/script>"].join("");

/** Whether bytes begin as a page that holds a bundle. */
const isPage = (bytes) => String.fromCharCode(...trim(bytes).subarray(0, PAGE_START.length)).toLowerCase() === PAGE_START;

/** The JSON in a page: it holds no "<", so it ends at the first one behind its element. */
function jsonInPage(bytes) {
  const fail = () => malformed("bundle_html_malformed", "the file is not a page with exactly one bundle");
  if (bytes.length > PAGE_BYTES_MAX) throw fail();
  // One character a byte: what is searched is ASCII, and the rest keeps its bytes.
  const parts = new TextDecoder("latin1").decode(bytes).split(PAGE_ELEMENT);
  const end = parts.length === 2 ? parts[1].indexOf("<") : -1;
  if (end < 0 || !parts[1].startsWith(PAGE_END, end)) throw fail();
  const start = parts[0].length + PAGE_ELEMENT.length;
  return bytes.subarray(start, start + end);
}

/** The bundle in a file, or null for a file that holds a single credential. */
function bundleIn(bytes) {
  if (isPage(bytes)) return readBundle(readObject(jsonInPage(bytes), { bytesMax: BUNDLE_BYTES_MAX }));
  const isLarge = bytes.length > JSON_BYTES_MAX;
  if (!isLarge && trim(bytes)[0] !== 0x7b) return null;
  const document = readObject(bytes, { bytesMax: isLarge ? BUNDLE_BYTES_MAX : JSON_BYTES_MAX });
  if (isLarge || (isText(document.type) && document.type.startsWith("leerspoor-bundle."))) return readBundle(document);
  return null;
}

// ---------------------------------------------------------------------------------------------------- check

const NOT_BOUND = "Nobody has proven to be the person whom the credential is about.";
const NOT_EXPANDED = "This program does not read contexts; the JCS proof covers every member as it stands.";

/**
 * Say what is to be said about a credential or a bundle, as in the Python package's `verifiers.check`.
 *
 * @param {Uint8Array} bytes exact bytes as they came
 * @param {object} options
 * @param {string|null} options.policy text of leerspoor-policy.v1: whom the verifier believes; null believes nobody
 * @param {string} options.at the moment to judge for, RFC 3339
 * @returns {Promise<object>} a report with the members of leerspoor-report.v1
 * @throws {Finding} the bytes are no such thing, or the policy is none
 */
export async function check(bytes, { policy = null, at }) {
  const moment = parseTime(at);
  const believed = await parsePolicy(policy);
  // 1. What the file is.
  const bundle = bundleIn(bytes);
  // 2. What we know about keys.
  const history = await proveHistory(bundle?.keys ?? [], believed, moment);
  const keyring = new Keyring(believed, history, moment);
  const texts = bundle?.statusLists ?? {};
  const dates = await proveStatusDates(bundle?.statusEvents ?? [], texts, believed, moment);
  const setting = { keyring, lists: new StatusLists(keyring, texts, dates, moment), at: moment };
  // 3. Each credential.
  let format = "bundle";
  const credentials = [];
  if (bundle !== null) {
    for (const item of bundle.items) credentials.push(await checkItem(item, setting));
  } else {
    format = "credential";
    try {
      const credential = parseCredential(bytes);
      credentials.push(await checkCredential(credential, credential.raw, null, setting));
    } catch (error) {
      if (error.code !== "token_not_checked_here") throw error;
      format = "jwt";
      credentials.push(unreadable(error));
    }
  }
  const own = makeCheck("format", "valid", `format_${format}`, "The file can be read.");
  const checks = [own, ...history.refused, ...dates.refused];
  const verdict = worst([...checks.filter((found) => found.required), ...credentials].map((found) => found.verdict));
  return { type: "leerspoor-report.v1", verdict, format, at: formatTime(moment), checks, credentials };
}

async function checkItem(item, setting) {
  const bytes = utf8(item.credential);
  let credential = null;
  try {
    credential = parseCredential(bytes);
    if (item.media_type !== "application/vc") throw malformed("media_type_other", "the bundle calls the credential by another media type");
  } catch (error) {
    return unreadable(error);
  }
  return checkCredential(credential, bytes, item.receipt ?? null, setting);
}

async function checkCredential(credential, payload, receipt, setting) {
  const { keyring, lists, at } = setting;
  // a. Shape.
  const schema = checked("schema", () => {
    checkShape(credential);
    return makeCheck("schema", "valid", "schema_valid", "The document has the shape of a credential.");
  });
  // b. Meaning.
  const context = makeCheck("context", "undetermined", "context_not_checked_here", NOT_EXPANDED, false);
  // c. The log, over the exact bytes. Its time decides about keys and algorithms.
  const recorded = await checkReceipt(payload, receipt, keyring.policy, at);
  const { logged } = recorded;
  // d. Proofs.
  const proofs = await checkProofs(credential, keyring, at, logged);
  // e. Issuer.
  const issuer = checkIssuer(credential.issuerId, keyring, at);
  const ceasedAt = keyring.ceased.get(credential.issuerId)?.at ?? null;
  // f. Keys that verified something, at the log's time; or why none was found.
  const keys = proofs.keys.map((known) => checkKey(known, logged, proofs.signedAt, at));
  keys.push(...proofs.keyErrors.slice(0, 1).map((error) => checkOf("key", error)));
  // g, h, i.
  const [validity, since, until, awarded] = checkValidity(credential.document, at);
  const statuses = [];
  for (const entry of listed(credential.document.credentialStatus)) statuses.push(await lists.check(entry, credential.issuerId, ceasedAt));
  const binding = makeCheck("binding", "undetermined", "binding_not_shown", NOT_BOUND, false);
  const checks = [schema, context, ...proofs.checks, issuer, ...keys, recorded.check, validity, ...statuses, binding];
  return {
    verdict: decide(checks),
    checks,
    issuer_id: credential.issuerId,
    issuer_name: issuerName(credential, keyring),
    name: credential.name,
    types: credential.types,
    valid_from: formatOrNull(since),
    valid_until: formatOrNull(until),
    awarded: formatOrNull(awarded),
    signed_at: formatOrNull(proofs.signedAt),
    recorded_at: formatOrNull(recorded.recordedAt),
    position: recorded.position,
    logged_at: logged === null ? null : formatTime(logged.at),
    time_source: logged === null ? null : logged.source,
    bound_to_person: false,
  };
}

function checked(name, work) {
  try {
    return work();
  } catch (error) {
    return checkOf(name, error);
  }
}

function checkIssuer(issuer, keyring, at) {
  const { policy } = keyring;
  // An old list of whom to trust may be one that somebody kept from being renewed.
  if (policy.expires !== null && at >= policy.expires) {
    return makeCheck("issuer", "undetermined", "policy_expired", "The list of whom to trust is no longer current.");
  }
  const end = keyring.ceased.get(issuer);
  const detail = {};
  if (end !== undefined && end.at <= at) {
    detail.ceased_at = formatTime(end.at);
    for (const name of ["successor", "archive"]) if (end[name] !== null) detail[name] = end[name];
  }
  if (issuer !== null && policy.issuers.has(issuer)) {
    return makeCheck("issuer", "valid", "issuer_trusted", "The policy names the issuer as trusted.", true, detail);
  }
  if (issuer !== null && policy.logIssuers && keyring.isRecorded(issuer)) {
    return makeCheck("issuer", "valid", "issuer_recorded", "A trusted log records the issuer and its keys.", true, detail);
  }
  return makeCheck("issuer", "undetermined", "issuer_not_trusted", "Nothing says that this issuer is to be trusted.");
}

/** The name to show: the verifier's own for a trusted issuer, else the one that the log records, else the claim. */
function issuerName({ issuerId, issuerName: claimed }, keyring) {
  const trusted = keyring.policy.issuers.get(issuerId);
  if (trusted !== undefined) return trusted.name || claimed;
  return keyring.policy.logIssuers && keyring.isRecorded(issuerId) ? keyring.names.get(issuerId) ?? null : claimed;
}

async function checkReceipt(payload, text, policy, at) {
  const required = policy.requireReceipt || policy.requireWitnesses;
  const recorded = { recordedAt: null, position: null, logged: null };
  if (text === null) {
    const message = "There is no receipt, so no log says when the credential was recorded.";
    return { ...recorded, check: makeCheck("receipt", "undetermined", "receipt_absent", message, required) };
  }
  const detail = {};
  try {
    const receipt = await parseReceipt(text);
    const header = await verifyReceipt(receipt, payload, policy.logs);
    if (header.type !== "credential-issued.v1") throw invalid("receipt_other_type", "the receipt is of another kind of event");
    Object.assign(recorded, { recordedAt: header.recordedAt, position: Number(receipt.index) });
    Object.assign(detail, { origin: receipt.checkpoint.origin, position: String(receipt.index), recorded_at: formatTime(header.recordedAt) });
    recorded.logged = await timeOf(receipt, header, policy, at);
  } catch (error) {
    const check = checkOf("receipt", error, { required: error.kind === "undetermined" ? required : true, detail });
    return error.kind === "undetermined" ? { ...recorded, check } : { recordedAt: null, position: null, logged: null, check };
  }
  Object.assign(detail, { logged_at: formatTime(recorded.logged.at), time_source: recorded.logged.source });
  if (recorded.logged.witnesses.length > 0) detail.witnesses = recorded.logged.witnesses.join(", ");
  return { ...recorded, check: makeCheck("receipt", "valid", "receipt_valid", "A trusted log holds exactly this credential.", required, detail) };
}

/** The validity period has no leeway: it is the issuer's word. */
function checkValidity(document, at) {
  let moments = null;
  try {
    moments = ["validFrom", "validUntil", "awardedDate"].map((name) => momentOf(document, name));
  } catch (error) {
    return [checkOf("validity", error), null, null, null];
  }
  const [since, until] = moments;
  if (since !== null && at < since) return [makeCheck("validity", "invalid", "not_yet_valid", "The credential is not valid yet."), ...moments];
  if (until !== null && at > until) return [makeCheck("validity", "invalid", "expired", "The credential has expired."), ...moments];
  return [makeCheck("validity", "valid", "validity_current", "The credential is within its validity period."), ...moments];
}

function unreadable(error) {
  const check = checkOf("format", error);
  return {
    verdict: check.verdict, checks: [check], issuer_id: null, issuer_name: null, name: null, types: [], valid_from: null,
    valid_until: null, awarded: null, signed_at: null, recorded_at: null, position: null, logged_at: null,
    time_source: null, bound_to_person: false,
  };
}
