/**
 * Who may ask. `browse`: anonymous too, where anonymous holds anything; `signed-in`: what people do is nobody's business
 * before signing in; `admin`: nobody else. What an answer then shows is decided by the caller's rights.
 */
export type Policy = 'browse' | 'signed-in' | 'admin';
