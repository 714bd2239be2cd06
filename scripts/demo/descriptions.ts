/** What people wrote about their repositories. */
interface Written {
  readonly text: string;
  readonly by: string;
}

export const DESCRIPTIONS: Readonly<Record<string, Written>> = {
  'platform/api-gateway': {
    by: 'maria',
    text: `The door to every service: it routes, checks tokens and limits rates.

## Run it

\`\`\`sh
docker run -p 8080:8080 -e UPSTREAMS=http://shop:3000 registry.example.com/platform/api-gateway:latest
\`\`\`

| Variable | Default | What for |
|---|---|---|
| \`UPSTREAMS\` | – | Where requests go, comma-separated |
| \`RATE_LIMIT\` | \`100/s\` | Per customer |
| \`LOG_LEVEL\` | \`info\` | \`debug\` shows each request |

## Which tag

- **\`v4.x.y\`** is a release; it never moves.
- **\`v4.x\`** is the newest of its line, **\`latest\`** the newest of all.
- **\`main-…\`** is a build of a commit, gone after a month.

Questions: #platform, or [the handbook](https://docs.example.com/platform/api-gateway).
`,
  },
  'web/shop': {
    by: 'jonas',
    text: `The shop as customers see it. **Releases on Tuesdays and Thursdays**, never on a Friday.

1. The pipeline pushes \`main-…\` for every commit.
2. A release gets its version and \`latest\`.
3. [charts/shop](/repositories/charts/shop) takes it to production.
`,
  },
  'payments/api': {
    by: 'anna',
    text: 'Charges, refunds, payouts. Changes need *two* reviews, see [the rules](https://docs.example.com/payments).\n',
  },
  'data/airflow': { by: 'priya', text: 'Airflow with our operators. Rebuilt when `requirements.txt` changes.\n' },
  'tools/ci-runner': {
    by: 'tomas',
    text: 'What every pipeline runs in: git, docker, make, jq. Missing something? Open a merge request, `bin/` is yours.\n',
  },
};
