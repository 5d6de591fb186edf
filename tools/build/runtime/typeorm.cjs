// @ts-check
'use strict';
/** TypeORM's command line with the packages of the service: `node dist/bundle/typeorm.cjs migration:show -d dist/ormconfig.js`. */
require('./load.cjs')('typeorm/cli.js');
