import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from './compress.ts';

export type CsvCell = string | number | boolean | null | undefined;

// Spreadsheets take what begins so for a formula; the wide forms, too, where Chinese or Japanese is typed.
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const PLAIN = /^(?:[\w.:/][\w.:/-]*)?$/;

/** One record as RFC 4180 has it. What strangers wrote is text to every spreadsheet. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(cell: CsvCell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  if (PLAIN.test(cell)) return cell;
  return `"${FORMULA.test(cell) ? "'" : ''}${cell.replaceAll('"', '""')}"`;
}

export interface CsvFile {
  readonly text: string;
  /** Without its ending. */
  readonly name: string;
}

/** To be saved, never shown: headers first, so that a failure before it can still be a page. */
export function sendCsv(request: IncomingMessage, response: ServerResponse, { text, name }: CsvFile): Promise<void> {
  response.setHeader('Content-Type', 'text/csv; charset=utf-8; header=present');
  response.setHeader('Content-Disposition', `attachment; filename="${name}.csv"`);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  return sendText(request, response, text);
}
