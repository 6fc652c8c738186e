#!lua flags=allow-oom
-- Gives a channel away: to a host, which has it from now on, or to whoever takes it.
-- KEYS: lease, epoch, wanted, state.  ARGV: epoch, host ("": anybody), milliseconds, channel, topic, "" or "broken"
-- Returns nothing where another host has it already.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return false
end
local epoch = redis.call('INCR', KEYS[2])
redis.call('DEL', KEYS[3])
if ARGV[6] == '' then
  redis.call('HDEL', KEYS[4], 'tried')
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
redis.call('PUBLISH', ARGV[5], ARGV[4] .. '\n' .. ARGV[2] .. '\n' .. epoch)
return epoch
