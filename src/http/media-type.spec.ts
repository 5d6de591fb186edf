import { isUtf8Of } from './media-type';

const isJson = (...labels: string[]) =>
  isUtf8Of('application/json', { rawHeaders: labels.flatMap((label) => ['Content-Type', label]) });

describe('isUtf8Of', () => {
  it.each([
    'application/json',
    'Application/JSON',
    ' application/json ',
    'application/json;',
    'application/json ; ',
    'application/json;;',
    'application/json; ; charset=utf-8 ;',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json; CHARSET="UTF-8"',
    "application/json; charset='utf-8'",
    'application/json; charset="\\utf-8"',
    'application/json; charset=utf8',
    'application/json; charset=UTF8',
    'application/json; charset=utf_8',
    'application/json; charset=csUTF8',
    'application/json; charset=unicode-1-1-utf-8',
    'application/json; charset=" utf-8 "',
    'application/json; charset=',
    'application/json; charset=""',
    'application/json; charset',
    'application/json; version=1',
    'application/json; odata.metadata=minimal; charset=utf-8',
    'application/json; charset=utf-8; charset=utf-8',
    'application/json; boundary=x',
    'application/json; profile="a,b;charset=latin1"',
    'application/json, application/json',
    'application/json;charset=utf-8, application/json; charset=UTF8',
  ])('takes %j', (label) => {
    expect(isJson(label)).toBe(true);
  });

  it.each([
    '',
    'json',
    'application/',
    '/json',
    'text/plain',
    'text/json',
    'text/plain; application/json',
    'application/jsonp',
    'application/json5',
    'application/problem+json',
    'application/json+x',
    'application / json',
    'application/json charset=utf-8',
    '"application/json"',
    'application/json; charset=utf-7',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8-sig',
    'application/json; charset=utf-88',
    'application/json; charset=iso-8859-1',
    'application/json; charset="iso-8859-1"',
    'application/json; charset=latin1',
    'application/json; charset=us-ascii',
    'application/json; charset=nonsense',
    'application/json; charset=latin1; charset=utf-8',
    'application/json, text/plain',
    'text/plain, application/json',
    'application/json; charset=utf-8, application/json; charset=latin1',
    'application/json,',
  ])('refuses %j', (label) => {
    expect(isJson(label)).toBe(false);
  });

  it('wants every line to fit, and at least one', () => {
    expect(isJson('application/json', 'application/json; charset=utf-8')).toBe(true);
    expect(isJson('application/json', 'text/plain')).toBe(false);
    expect(isJson('text/plain', 'application/json')).toBe(false);
    expect(isJson()).toBe(false);
  });
});
