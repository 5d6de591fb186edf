# Reads the metadata of an issuer by openid_connect: ruby openid_connect.rb ISSUER
require 'openid_connect'
SWD.url_builder = URI::HTTP # the service of the tests has no TLS
begin
  config = OpenIDConnect::Discovery::Provider::Config.discover!(ARGV[0])
  puts "read #{config.token_endpoint} with #{config.jwks.length} keys"
rescue StandardError => e
  puts "#{e.class}: #{e.message}"
  exit 1
end
