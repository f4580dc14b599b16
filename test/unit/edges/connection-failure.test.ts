import assert from 'node:assert/strict';
import { explainFailure } from '../../../lib/edges/connection-failure';

const failure = (code: string | number | undefined, message: string): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

const CASES: readonly (readonly [error: unknown, message: RegExp, hint: RegExp | undefined])[] = [
  [failure('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'), /^connect ECONNREFUSED 127/, undefined],
  [failure(5, 'Connection refused: Not authorized'), /Not authorized/, undefined],
  [failure(undefined, 'closed'), /^closed$/, undefined],
  ['text', /^text$/, undefined],
  [failure('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'), /^self-signed/, /broker\.ca/],
  [failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'), /^unable/, /broker\.ca/],
  [failure('CERT_HAS_EXPIRED', 'certificate has expired'), /expired/, /clock/],
  [failure('ERR_TLS_CERT_ALTNAME_INVALID', 'Hostname/IP does not match'), /^Hostname/, /broker\.url/],
  [
    failure(
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      '800C05CE:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../deps/a.c:1:\n',
    ),
    /^ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED$/,
    /broker\.cert and key/,
  ],
  [failure('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'x:SSL routines:y'), /^ERR_SSL_TLSV1_ALERT_UNKNOWN_CA$/, /broker\.cert/],
  [failure('ERR_SSL_WRONG_VERSION_NUMBER', 'x:SSL routines:y'), /^ERR_SSL_WRONG_VERSION_NUMBER$/, undefined],
];

describe('why a broker was not reached', () => {
  for (const [error, message, hint] of CASES) {
    it(`is told for ${String(error).slice(0, 60).trim()}`, () => {
      const reason = explainFailure(error);
      assert.match(reason.message, message);
      if (hint) assert.match(reason['hint'] ?? '', hint);
      else assert.equal(reason['hint'], undefined);
    });
  }
});
