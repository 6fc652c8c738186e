#!lua
-- Puts out a cue, under the id that it has in the source, and with it the state where there is one: both or nothing.
-- KEYS: epoch, out, state.  ARGV: epoch, id ("": none), text, pts, duration, longest, id of the state ("": none), state
-- Returns nothing where another host has the channel, else how many cues came out: none where that cue was out.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return false
end
local added = 0
if ARGV[2] ~= '' then
  local now = redis.call('TIME')
  local fields = { 'text', ARGV[3], 'pts', ARGV[4], 'duration', ARGV[5], 'epoch', ARGV[1],
    'at', string.format('%d', now[1] * 1000 + math.floor(now[2] / 1000)) }
  -- of two ids the store takes only the later one
  local reply = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], ARGV[2], unpack(fields))
  if reply.err and not string.find(reply.err, 'equal or smaller', 1, true) then
    return reply
  end
  added = reply.err and 0 or 1
end
if ARGV[7] ~= '' then
  redis.call('HSET', KEYS[3], 'id', ARGV[7], 'bytes', ARGV[8], 'epoch', ARGV[1])
end
return added
