import { describeOnPostgres } from '../support/on-postgres.ts';

describeOnPostgres(0, 3);
