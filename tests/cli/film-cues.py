#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the subtitle tracks of a film as players see them: PREFIX.LANGUAGE.srt.

Usage: film-cues.py FILM PREFIX.  The times are those of the film, not those in the
buffers: MP4 has edit lists.
"""
import html
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst


def stamp(ns):
    ms = (ns + 500000) // 1000000
    return "%02d:%02d:%02d,%03d" % (ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000)


def main(film, prefix):
    Gst.init(None)
    pipeline = Gst.parse_launch("filesrc name=source ! parsebin name=parser")
    pipeline.get_by_name("source").set_property("location", film)
    tracks = []

    def new_pad(parser, pad):
        track = {"cues": [], "language": "none"}
        is_text = pad.query_caps(None).to_string().startswith("text/x-raw")

        def take_tag(pad, info):
            event = info.get_event()
            if event.type == Gst.EventType.TAG:
                found, language = event.parse_tag().get_string("language-code")
                if found:
                    track["language"] = language
            return Gst.PadProbeReturn.OK

        def take_cue(pad, info):
            buffer = info.get_buffer()
            segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
            start = segment.to_stream_time(Gst.Format.TIME, buffer.pts)
            text = buffer.extract_dup(0, buffer.get_size()).decode()
            if pad.get_current_caps().get_structure(0).get_string("format") == "pango-markup":
                text = html.unescape(text)
            if text:
                track["cues"].append((start, start + buffer.duration, text))
            return Gst.PadProbeReturn.OK

        if is_text:
            tracks.append(track)
            pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, take_tag)
            pad.add_probe(Gst.PadProbeType.BUFFER, take_cue)
        queue = Gst.ElementFactory.make("queue")
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("async", False)
        for element in (queue, sink):
            pipeline.add(element)
        queue.link(sink)
        for element in (sink, queue):
            element.sync_state_with_parent()
        pad.link(queue.get_static_pad("sink"))

    pipeline.get_by_name("parser").connect("pad-added", new_pad)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        30 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if not message or message.type != Gst.MessageType.EOS:
        sys.exit("%s: %s" % (film, message.parse_error() if message else "no end"))
    for track in tracks:
        with open("%s.%s.srt" % (prefix, track["language"]), "w", encoding="utf-8") as out:
            for number, (start, end, text) in enumerate(track["cues"], 1):
                out.write("%d\n%s --> %s\n%s\n\n" % (number, stamp(start), stamp(end), text))
    print(" ".join(track["language"] for track in tracks))


main(*sys.argv[1:])
