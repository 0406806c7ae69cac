// The JavaScript peer: @digitalbazaar/vc behind one JSON line a request and one JSON line an answer.
//
// The first line must be {"op": "contexts", "documents": {url: document}}: the pinned contexts, because the package
// that npm has for Open Badges is older than 3.0.3. Nothing is ever fetched; an unknown address is an error.
import * as vc from '@digitalbazaar/vc';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createInterface} from 'node:readline';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {gunzipSync} from 'node:zlib';

const MULTIKEY_CONTEXT = 'https://w3id.org/security/multikey/v1';
const contexts = new Map();

// Answer did:key from its own text, contexts from the ones handed over, and refuse everything else.
async function documentLoader(url) {
  const answer = document => ({contextUrl: null, documentUrl: url, document});
  if(contexts.has(url)) {
    return answer(contexts.get(url));
  }
  const match = /^did:key:(z6Mk[1-9A-HJ-NP-Za-km-z]+)(#\1)?$/.exec(url);
  if(!match) {
    throw new Error('unknown address');
  }
  const did = `did:key:${match[1]}`;
  const method = {id: `${did}#${match[1]}`, type: 'Multikey', controller: did, publicKeyMultibase: match[1]};
  if(match[2]) {
    return answer({'@context': MULTIKEY_CONTEXT, ...method});
  }
  return answer({
    '@context': ['https://www.w3.org/ns/did/v1', MULTIKEY_CONTEXT],
    id: did,
    verificationMethod: [method],
    assertionMethod: [method.id]
  });
}

function proofSuite(signer, date) {
  return new DataIntegrityProof({cryptosuite, ...(signer && {signer, date})});
}

// Bitstring Status List 1.0 section 3.2: verify the list as a credential of its own, then read the bit.
async function checkStatus({credential, now}, lists) {
  const entries = [credential.credentialStatus].flat();
  for(const entry of entries) {
    const list = lists[entry.statusListCredential];
    if(!list || list.issuer !== credential.issuer.id) {
      return {verified: false, error: 'no status list of the issuer'};
    }
    const {verified} = await vc.verifyCredential({credential: list, suite: proofSuite(), documentLoader, now});
    if(!verified || list.credentialSubject.statusPurpose !== entry.statusPurpose) {
      return {verified: false, error: 'the status list is not valid'};
    }
    const bits = gunzipSync(Buffer.from(list.credentialSubject.encodedList.slice(1), 'base64url'));
    const index = Number(entry.statusListIndex);
    if(bits[index >> 3] & (0x80 >> (index & 7))) {
      return {verified: false, error: `the credential has status ${entry.statusPurpose}`};
    }
  }
  return {verified: true};
}

// Every name in an error and its causes, so that the tests can say which failure they expect.
function names(error) {
  return [error, ...[error?.errors, error?.error].flat()].filter(Boolean).flatMap(
    item => item === error ? [item.name, item.message].filter(Boolean) : names(item));
}

const operations = {
  contexts({documents}) {
    Object.entries(documents).forEach(([url, document]) => contexts.set(url, document));
    return {node: process.version};
  },
  async key({seed}) {
    const key = await Ed25519Multikey.generate({seed: Buffer.from(seed, 'hex')});
    return {did: `did:key:${key.publicKeyMultibase}`};
  },
  async issue({seed, date, documents}) {
    const key = await Ed25519Multikey.generate({seed: Buffer.from(seed, 'hex')});
    key.controller = `did:key:${key.publicKeyMultibase}`;
    key.id = `${key.controller}#${key.publicKeyMultibase}`;
    const issued = [];
    for(const credential of documents) {
      const suite = proofSuite(key.signer(), date);
      issued.push(await vc.issue({credential, suite, documentLoader, now: date}));
    }
    return {documents: issued};
  },
  async verify({now, documents, lists}) {
    const results = [];
    for(const credential of documents) {
      const result = await vc.verifyCredential({
        credential, suite: proofSuite(), documentLoader, now, checkStatus: options => checkStatus(options, lists)
      });
      const errors = [...new Set(names(result.error))];
      results.push({verified: result.verified, errors, status: result.statusResult?.error ?? null});
    }
    return {results};
  }
};

for await (const line of createInterface({input: process.stdin})) {
  let answer;
  try {
    const {op, ...request} = JSON.parse(line);
    answer = await operations[op](request);
  } catch(error) {
    answer = {error: String(error?.message ?? error)};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
