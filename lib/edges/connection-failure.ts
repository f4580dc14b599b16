/** What to do about the certificates of a connection, by the code of Node.js. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED)$/,
    'The certificate of the broker is of an authority that is not trusted here: set modelManagement.broker.ca to the certificate of that authority.',
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    'The certificate of the broker is not valid at this time: renew it, or set the clock of this machine.',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'The certificate of the broker is for another host: use its name in modelManagement.broker.url.',
  ],
  [
    /^ERR_SSL_.*ALERT_(CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(EXPIRED|UNKNOWN|REVOKED)|HANDSHAKE_FAILURE|ACCESS_DENIED)$/,
    'The broker refused this client: set modelManagement.broker.cert and key to a certificate of an authority that the broker trusts, and its key.',
  ],
];

export interface FailureReason {
  readonly [field: string]: string;
  readonly message: string;
}

/** Why a broker was not reached, in one line; with a `hint` where it is about certificates. */
export function explainFailure(error: unknown): FailureReason {
  const message = error instanceof Error ? error.message : String(error);
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const hint = ADVICE.find(([codes]) => codes.test(code))?.[1];
  // OpenSSL gives the place in its own source; the code says the same in words.
  return { message: /:SSL routines:/.test(message) ? code : message.trim(), ...(hint !== undefined && { hint }) };
}
