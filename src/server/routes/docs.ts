/** `GET /docs`: the OpenAPI document as a page of ours, without a script and without a foreign server. */
import type { Answer } from '../http.js';
import { staticPage, escapeHtml as text } from '../page.js';
import type { OpenApi } from './openapi.js';

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly description: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

const STYLE = `
:root{color-scheme:light dark;--bg:#f4f6f6;--surface:#fff;--line:#dce2e3;--text:#12181b;--soft:#455157;--accent:#0a6680;--post:#1a7446;--raise:#edf1f1}
@media(prefers-color-scheme:dark){:root{--bg:#0d1214;--surface:#13191c;--line:#29343a;--text:#e8edef;--soft:#b3bec3;--accent:#5fc5de;--post:#5cc48e;--raise:#1c2529}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--text);font:15px/24px system-ui,sans-serif}
main{max-width:880px;margin:0 auto;padding:32px 16px 64px}h1{font-size:26px;line-height:34px;margin:0}h2{font-size:16px;margin:0;overflow-wrap:anywhere}
p{margin:8px 0}.soft{color:var(--soft)}a{color:var(--accent)}code,pre{font:13px/20px ui-monospace,Menlo,Consolas,monospace}
section{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:16px;margin:16px 0}
.verb{color:var(--accent);font-weight:700;margin-right:4px}.POST{color:var(--post)}
table{width:100%;border-collapse:collapse;margin-top:8px}th,td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-top:1px solid var(--line)}
th{width:110px;font-weight:600}td{overflow-wrap:anywhere;white-space:pre-line}pre{background:var(--raise);border-radius:8px;padding:12px;white-space:pre-wrap;overflow-wrap:anywhere;margin:8px 0}
summary{cursor:pointer;color:var(--accent);padding:4px 0}`;

const CURL = `curl -H 'content-type: application/json' --data '{"v":1,"k":"KEY","events":[{"name":"hello"}]}' https://HOST/v1/events`;

export function apiDocs(document: OpenApi): Answer {
  const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => section(path, method, operation)),
  );
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `<details><summary>${text(name)}</summary><pre>${text(JSON.stringify(schema, null, 2))}</pre></details>`,
  );
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${text(document.info.title)}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,"><style>${STYLE}</style></head><body><main>
<h1>${text(document.info.title)}</h1><p class="soft">Version ${text(document.info.version)} · <a href="/openapi.json">openapi.json</a></p>
<p>${text(document.info.description)}</p><pre>${text(CURL)}</pre>
${operations.join('\n')}<section><h2>Schemas</h2>${schemas.join('')}</section></main></body></html>`;
  return staticPage(html, STYLE);
}

function section(path: string, method: string, operation: Operation): string {
  const verb = method.toUpperCase();
  const body = operation.requestBody ? row('Body', bodyText(operation.requestBody.content)) : '';
  const parameters = (operation.parameters ?? []).map((one) =>
    row(`?${one.name}=`, `${one.description}${one.required ? ' Required.' : ''}`),
  );
  const answers = Object.entries(operation.responses).map(([status, { description }]) =>
    row(status, description),
  );
  return `<section><h2><span class="verb ${verb}">${verb}</span> <code>${text(path)}</code></h2>
<p>${text(operation.summary)}. <span class="soft">${text(operation.description ?? '')}</span></p>
<table>${parameters.join('')}${body}${answers.join('')}</table></section>`;
}

function bodyText(content: Readonly<Record<string, { readonly schema: object }>>): string {
  const [first] = Object.values(content);
  const reference = (first?.schema as { $ref?: string } | undefined)?.$ref?.split('/').at(-1) ?? 'JSON';
  return `${reference}, as ${Object.keys(content).join(' or ')}`;
}

function row(head: string, cell: string): string {
  return `<tr><th scope="row"><code>${text(head)}</code></th><td>${text(cell.replaceAll('`', ''))}</td></tr>`;
}
