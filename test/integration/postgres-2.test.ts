import { describeOnPostgres } from '../support/data/on-postgres.ts';

describeOnPostgres(1, 3);
