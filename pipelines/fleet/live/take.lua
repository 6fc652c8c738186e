#!lua flags=allow-oom
-- Takes a channel that nobody has: its epoch grows, and whoever had it before is fenced off.
-- KEYS: lease, epoch, state, out, in.  ARGV: host, milliseconds, the epoch in which it was given to this host ("": it was not)
-- Returns nothing, or: epoch, id of the cue that the state ends with, the state, the last cue that is out, and
-- how often in a row the channel was taken while a cue waited, and none came out.
-- allow-oom: a channel must find a host in a full store, too; this writes a few bytes.
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  -- handed to this host, which has not begun yet
  if ARGV[3] == '' or redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[3] then
    return false
  end
end
local epoch = redis.call('INCR', KEYS[2])
local function newest (stream)
  local entry = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return entry and entry[1] or '0-0'
end
local out = newest(KEYS[4])
local tries = 1
if newest(KEYS[5]) == out then
  redis.call('HDEL', KEYS[3], 'tried')
elseif redis.call('HGET', KEYS[3], 'tried') == out then
  tries = redis.call('HINCRBY', KEYS[3], 'tries', 1)
else
  redis.call('HSET', KEYS[3], 'tried', out, 'tries', 1)
end
return { epoch, redis.call('HGET', KEYS[3], 'id') or '0-0', redis.call('HGET', KEYS[3], 'bytes') or '', out, tries }
