import { APACHE } from './apache';
import { DJANGO } from './django';
import { DOVECOT } from './dovecot';
import { EJABBERD } from './ejabberd';
import { INFLUXDB } from './influxdb';
import { RABBITMQ } from './rabbitmq';
import type { InteropServer } from './server';

export const SERVERS: readonly InteropServer[] = [
  ...DOVECOT,
  INFLUXDB,
  ...APACHE,
  DJANGO,
  RABBITMQ,
  EJABBERD,
];
