import * as oauth from 'oauth4webapi';

const [address, algorithm] = process.argv.slice(2);
const issuer = new URL(address);
const options = { algorithm, [oauth.allowInsecureRequests]: true };
const metadata = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
console.log(`read ${metadata.token_endpoint}`);
