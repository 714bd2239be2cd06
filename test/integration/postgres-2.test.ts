import { describeOnPostgres } from '../support/on-postgres.ts';

describeOnPostgres(1, 3);
