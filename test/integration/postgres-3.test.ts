import { describeOnPostgres } from '../support/data/on-postgres.ts';

describeOnPostgres(2, 3);
