"""What the simulator can do, one small module for each kind of question: `answer(talk)` gives a Draft or None."""
