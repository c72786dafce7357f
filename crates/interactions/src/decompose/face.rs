//! How far the strength of an order can move over the optimal face.
