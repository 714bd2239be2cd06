/**
 * Who may call a route. `browse`: also anonymous, if anonymous has any right; `signed-in`: signed-in users; `admin`:
 * admins. The content of the response depends on the caller's rights.
 */
export type Policy = 'browse' | 'signed-in' | 'admin';
