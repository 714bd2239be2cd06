import { randomInt } from 'node:crypto';

// Without characters that are easily confused.
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const LENGTH = 20;

/** A password of 100 random bits in groups of five characters: `k7fxm-…`. */
export function generatePassword(): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return letters.replace(/(.{5})(?=.)/g, '$1-');
}
