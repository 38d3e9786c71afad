#!/usr/bin/env python3
"""Learns to recover data after a disaster."""
import pandas as pd
import tensorflow as tf

data = pd.read_csv("data.csv")
data = data.dropna()
data = data.fillna(data.mean())
data = data.resample("1h").mean()
features = data[["cpu", "memory", "disk"]]
labels = data["data_integrity"]
model = tf.keras.Sequential([
    tf.keras.layers.Dense(64, activation="relu"),
    tf.keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(features, labels, epochs=10)
recovered = data.copy()
recovered["data_integrity"] = model.predict(features)
recovered.to_csv("data.csv")
print("data recovery complete")
