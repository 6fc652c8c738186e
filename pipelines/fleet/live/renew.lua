#!lua flags=allow-oom
-- Keeps a channel.  KEYS: lease, epoch, wanted.  ARGV: host, epoch, milliseconds
-- Returns nothing where another host has it; else which host is to have it ("": this one).
-- A lease that has run out without anybody taking the channel is this host's again.
if redis.call('GET', KEYS[2]) ~= ARGV[2] then
  return false
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return redis.call('GET', KEYS[3]) or ''
