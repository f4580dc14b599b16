import type { ApiError } from '../api';

/** What differs between two signatures, in the server's words. */
export function differencesOf({ details: { differences } }: ApiError): readonly string[] {
  if (!Array.isArray(differences)) return [];
  return differences.map((one: unknown) => (typeof one === 'string' ? one : JSON.stringify(one)));
}

export function Differences({ differences }: { readonly differences: readonly string[] }) {
  return (
    <ul>
      {differences.map((difference) => (
        <li key={difference}>{difference}</li>
      ))}
    </ul>
  );
}
