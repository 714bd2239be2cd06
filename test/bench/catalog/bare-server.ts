/** What a list page costs at least: bare Express and EJS, a table of 50 rows with four cells, everything of it in memory. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import ejs from 'ejs';
import express from 'express';

const ROWS = 50;
const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title><%= title %></title></head>
<body>
<h1><%= title %></h1>
<table>
<% for (const row of rows) { %>
<tr><td><a href="<%= row.href %>"><%= row.name %></a></td><td><%= row.tags %></td><td><%= row.pushed %></td><td><%= row.size %></td></tr>
<% } %>
</table>
</body>
</html>
`;

const draw = ejs.compile(PAGE, { rmWhitespace: true });
const rows = Array.from({ length: ROWS }, (_, index) => ({
  name: `team/service-${index}`,
  href: `/repositories/team/service-${index}`,
  tags: 10 + index,
  pushed: `${index} days ago`,
  size: `${100 + index} MB`,
}));

const app = express().disable('x-powered-by');
app.get('/page', (_request, response) => void response.type('html').send(draw({ title: 'Repositories', rows })));
const server = createServer(app).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
process.on('disconnect', () => process.exit(0));
process.send?.({ port: (server.address() as AddressInfo).port });
