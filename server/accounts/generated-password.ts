import { randomInt } from 'node:crypto';

// No letters that are read as digits or as each other.
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const LENGTH = 20;

/** 100 random bits that can be read over the phone: `k7fxm-…`. */
export function generatePassword(): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return letters.replace(/(.{5})(?=.)/g, '$1-');
}
