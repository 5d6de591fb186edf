import { isObject } from '../json';

/** A user of the double. */
export interface Person {
  readonly email: string;
  readonly name: string;
  /** Absent: signs in by `signIn()` only. */
  readonly password?: string;
  /** Names; unknown teams are made. Default: the default team. */
  readonly teams?: readonly string[];
  /** Keys; unknown domains are made. Default: the default domain. */
  readonly domains?: readonly string[];
}

const MEMBERS = ['email', 'name', 'password', 'teams', 'domains'];

/** Reads the content of a file of people. Throws a TypeError that names what is wrong. */
export function readPeople(content: unknown): Person[] {
  if (!isObject(content) || !Array.isArray(content.people))
    throw new TypeError('the file must be an object with people, an array');
  return content.people.map((person, at) => readPerson(person, `people[${at}]`));
}

function readPerson(person: unknown, place: string): Person {
  if (!isObject(person)) throw new TypeError(`${place} must be an object`);
  const unknown = Object.keys(person).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw new TypeError(`${place} has no member ${unknown}`);
  const { name, password, teams, domains } = person;
  const email = readText(person.email, `${place}.email`);
  if (!email.includes('@')) throw new TypeError(`${place}.email must be an address`);
  return {
    email,
    name: readText(name, `${place}.name`),
    ...(password !== undefined && { password: readText(password, `${place}.password`) }),
    ...(teams !== undefined && { teams: readTexts(teams, `${place}.teams`) }),
    ...(domains !== undefined && { domains: readTexts(domains, `${place}.domains`) }),
  };
}

function readText(value: unknown, place: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`${place} must be a text`);
}

function readTexts(list: unknown, place: string): string[] {
  if (Array.isArray(list) && list.every((item) => typeof item === 'string' && item !== ''))
    return list as string[];
  throw new TypeError(`${place} must be an array of texts`);
}
