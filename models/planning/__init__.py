"""What-if: an event or other working conditions, followed from volume to people, backlog and promises."""
