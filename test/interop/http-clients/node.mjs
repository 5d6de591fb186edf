/**
 * Signs out with axios and with fetch, in every form that people write. Standard input: `{ url, tokens }`; standard output: the
 * status that each form got. Without tokens it names its forms.
 */
import axios from 'axios';
import { json } from 'node:stream/consumers';

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** @type {Record<string, (url: string, headers: Record<string, string>) => Promise<{ status: number }>>} */
const FORMS = {
  'axios.post(url, undefined)': (url, headers) => axios.post(`${url}/auth/logout`, undefined, { headers }),
  'axios.post(url, null)': (url, headers) => axios.post(`${url}/auth/logout`, null, { headers }),
  'axios.post(url, {})': (url, headers) => axios.post(`${url}/auth/logout`, {}, { headers }),
  'axios.post(url, undefined), JSON': (url, headers) =>
    axios.post(`${url}/auth/logout`, undefined, { headers: { ...headers, ...JSON_TYPE } }),
  'axios.post(url, null), JSON': (url, headers) =>
    axios.post(`${url}/auth/logout`, null, { headers: { ...headers, ...JSON_TYPE } }),
  'axios.post(url, new URLSearchParams())': (url, headers) =>
    axios.post(`${url}/auth/logout`, new URLSearchParams(), { headers }),
  'axios.delete(url)': (url, headers) =>
    axios.delete(`${url}/auth/sessions`, { headers, params: { include_current: true } }),
  'axios.delete(url, { data: {} })': (url, headers) =>
    axios.delete(`${url}/auth/sessions`, { headers, data: {}, params: { include_current: true } }),
  'fetch POST': (url, headers) => fetch(`${url}/auth/logout`, { method: 'POST', headers }),
  'fetch POST, body ""': (url, headers) => fetch(`${url}/auth/logout`, { method: 'POST', headers, body: '' }),
  'fetch POST, body null, JSON': (url, headers) =>
    fetch(`${url}/auth/logout`, { method: 'POST', headers: { ...headers, ...JSON_TYPE }, body: null }),
  'fetch POST, JSON.stringify(null)': (url, headers) =>
    fetch(`${url}/auth/logout`, {
      method: 'POST',
      headers: { ...headers, ...JSON_TYPE },
      body: JSON.stringify(null),
    }),
  'fetch POST, an empty form': (url, headers) =>
    fetch(`${url}/auth/logout`, { method: 'POST', headers, body: new URLSearchParams() }),
  'fetch POST, a stream without content': (url, headers) =>
    fetch(`${url}/auth/logout`, {
      method: 'POST',
      headers,
      body: new ReadableStream({ start: (controller) => controller.close() }),
      duplex: 'half',
    }),
  'fetch DELETE': (url, headers) =>
    fetch(`${url}/auth/sessions?include_current=true`, { method: 'DELETE', headers }),
  'fetch DELETE, body ""': (url, headers) =>
    fetch(`${url}/auth/sessions?include_current=1`, { method: 'DELETE', headers, body: '' }),
};

const { url, tokens = [] } = await json(process.stdin);
const names = Object.keys(FORMS);
const answers = tokens.map(async (token, at) => {
  const form = FORMS[names[at]];
  try {
    return (await form(url, { Authorization: `Bearer ${token}` })).status;
  } catch (error) {
    return error.response?.status ?? String(error);
  }
});
process.stdout.write(JSON.stringify({ names, answers: await Promise.all(answers) }));
