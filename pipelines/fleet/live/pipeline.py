# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pipeline of one channel: text with a number goes in, text with the same number comes out, and from time to time the state."""
import dataclasses
import re

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import GLib, Gst, GstApp  # noqa: E402,F401

# Metrics and logs know the channel by the name of its element.
LINE = ("appsrc name=in format=time caps=text/x-raw,format=utf8 max-buffers=64 block=true"
        " ! ssmtranslate name={name} ! text/x-raw,format=utf8 ! appsink name=out sync=false")


class Broken(Exception):
    """The pipeline has stopped with an error."""


@dataclasses.dataclass
class Checkpoint:
    number: int  # of the last text that the state has read
    state: bytes


def describe(source, error, debug):
    return f"{source.get_name()}: {error.message} ({debug})"


class Pipeline:
    def __init__(self, settings, channel):
        """settings: properties of ssmtranslate as texts. The model is loaded when this returns, and as long as it lives."""
        name = "channel-" + re.sub(r"[^\w-]", "-", channel, flags=re.ASCII)
        self.pipeline = Gst.parse_launch(LINE.format(name=name))
        self.pipeline.set_name(channel)
        self.source, self.element, self.sink = map(self.pipeline.get_by_name, ("in", name, "out"))
        for name, value in settings.items():
            if not self.element.find_property(name):
                raise Broken(f"ssmtranslate has no property \"{name}\"")
            Gst.util_set_object_arg(self.element, name, str(value))
        self._set_state(Gst.State.READY)

    def _set_state(self, state):
        if self.pipeline.set_state(state) == Gst.StateChangeReturn.FAILURE:
            problem = self._take_error() or "no reason was given"
            self.pipeline.set_state(Gst.State.NULL)
            raise Broken(problem)

    def start(self, interval, state):
        """state: bytes to go on from, empty: a document begins. A checkpoint comes every `interval` texts."""
        self.element.set_property("checkpoint-interval", interval)
        if state:
            self.element.set_property("initial-state", GLib.Bytes.new(state))
        self._set_state(Gst.State.PLAYING)

    def push(self, number, text, pts, duration):
        buffer = Gst.Buffer.new_wrapped(text) if text else Gst.Buffer.new()
        buffer.pts, buffer.duration, buffer.offset = pts, duration, number
        if self.source.push_buffer(buffer) != Gst.FlowReturn.OK:
            raise Broken(self._take_error() or "it takes no more text")

    def pull(self, seconds):
        """(number, text) of the next text that comes out in that time, or None."""
        sample = self.sink.try_pull_sample(int(seconds * Gst.SECOND))
        if not sample:
            return None
        buffer = sample.get_buffer()
        return buffer.offset, buffer.extract_dup(0, buffer.get_size())

    def listen(self):
        """What the pipeline has said since the last call: checkpoints, and warnings as texts."""
        bus = self.pipeline.get_bus()
        while message := bus.pop():
            structure = message.get_structure()
            if message.type == Gst.MessageType.ERROR:
                raise Broken(describe(message.src, *message.parse_error()))
            if message.type == Gst.MessageType.WARNING:
                yield describe(message.src, *message.parse_warning())
            elif message.type == Gst.MessageType.ELEMENT and structure.get_name() == "ssmtranslate/checkpoint":
                yield Checkpoint(structure.get_value("offset"), structure.get_value("state").get_data())

    def _take_error(self):
        message = self.pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
        return message and describe(message.src, *message.parse_error())

    def rest(self):
        """What has been pushed and has not come out is forgotten; the last checkpoint says what came out."""
        self.pipeline.set_state(Gst.State.READY)

    def close(self):
        self.pipeline.set_state(Gst.State.NULL)
