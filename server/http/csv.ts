import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from './compress.ts';

export type CsvCell = string | number | boolean | null | undefined;

// Spreadsheets treat text that begins so as a formula, also with full-width characters from Chinese and Japanese
// keyboards.
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const PLAIN = /^(?:[\w.:/][\w.:/-]*)?$/;

/**
 * One record, with its line end. Texts that a spreadsheet would run as a formula get a `'` in front.
 * @see https://www.rfc-editor.org/rfc/rfc4180#section-2
 */
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
  /** Without the extension. */
  readonly name: string;
}

/** Sends the file as a download. */
export function sendCsv(request: IncomingMessage, response: ServerResponse, { text, name }: CsvFile): Promise<void> {
  response.setHeader('Content-Type', 'text/csv; charset=utf-8; header=present');
  response.setHeader('Content-Disposition', `attachment; filename="${name}.csv"`);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  return sendText(request, response, text);
}
