import { describeOnPostgres } from '../support/on-postgres.ts';

describeOnPostgres(2, 3);
