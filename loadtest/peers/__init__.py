"""The same crowd and messages on what a user might pick instead: stock python-socketio, Node socket.io, nginx with nchan."""
